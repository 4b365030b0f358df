/// A shuffle that is computed, not stored: a permutation of `0 ..< count` chosen by a seed and an
/// epoch, of which any element is found in constant time and memory.
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
