/// A shuffle that is computed, not stored: a permutation of `0 ..< count` chosen by a seed and the
/// number of an epoch, of which any element is found in constant time and memory.
///
/// Version 1, specified in `Docs/Order.md`: a balanced Feistel network of eight rounds over the
/// least power of four that holds `count`, walked until it lands inside.
struct KeyedPermutation: Sendable {
    let count: Int
    private let halfBits: UInt64
    private let mask: UInt64
    private let keys: SIMD8<UInt64>

    /// - Precondition: `count` is positive.
    init(count: Int, seed: UInt64, epoch: Int) {
        precondition(count > 0, "a permutation of \(count)")
        self.count = count
        let bits = Int.bitWidth - (count - 1).leadingZeroBitCount
        halfBits = UInt64(max(1, (bits + 1) / 2))
        mask = 1 << halfBits - 1
        var generator = SplitMix64(seed: seed, stream: ~UInt64(bitPattern: Int64(epoch)))
        var keys = SIMD8<UInt64>()
        for round in keys.indices { keys[round] = generator.next() }
        self.keys = keys
    }

    /// The element at a place.
    subscript(place: Int) -> Int {
        var value = UInt64(place)
        repeat {
            var left = value >> halfBits
            var right = value & mask
            for round in keys.indices {
                (left, right) = (right, left ^ SplitMix64.mix(right &+ keys[round]) & mask)
            }
            value = left << halfBits | right
        } while value >= UInt64(count)
        return Int(value)
    }
}

/// All of a number of samples again and again, each time in another keyed permutation: `infinite:v1`
/// of `Docs/Order.md`. It keeps the keys of the epoch that was asked for last.
struct EndlessShuffle: Sendable {
    private let seed: UInt64
    private var epoch = 0
    private var permutation: KeyedPermutation

    /// - Precondition: `count` is positive.
    init(count: Int, seed: UInt64) {
        self.seed = seed
        permutation = KeyedPermutation(count: count, seed: seed, epoch: 0)
    }

    /// The sample at a position of the endless order.
    mutating func element(at position: Int) -> Int {
        let (epoch, place) = position.quotientAndRemainder(dividingBy: permutation.count)
        return element(place, ofEpoch: epoch)
    }

    /// The sample at a place in an epoch.
    mutating func element(_ place: Int, ofEpoch epoch: Int) -> Int {
        if epoch != self.epoch {
            self.epoch = epoch
            permutation = KeyedPermutation(count: permutation.count, seed: seed, epoch: epoch)
        }
        return permutation[place]
    }
}

extension SplitMix64 {
    /// A seed for a part of an order, which has nothing in common with the order's own: the first
    /// number of the stream `part` of `seed ^ 0x6A09E667F3BCC909`.
    static func seed(_ seed: UInt64, ofPart part: Int) -> UInt64 {
        var generator = SplitMix64(
            seed: seed ^ 0x6A09_E667_F3BC_C909, stream: UInt64(bitPattern: Int64(part)))
        return generator.next()
    }
}
