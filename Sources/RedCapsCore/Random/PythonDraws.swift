/// CPython's `random`, so that a run can be compared with Python's: `seed`, `randint`, `choice` and
/// `uniform(0, 1)` give the same numbers in the same order.
///
/// The generator is Matsumoto and Nishimura's MT19937, seeded by `init_by_array` with the 32-bit
/// words of the seed's absolute value.
public struct PythonDraws: SampleDraws {
    private static let size = 624
    private static let middle = 397

    private var state: [UInt32]
    private var next = size
    private var refills = -1
    /// How many 32-bit numbers have been drawn.
    var wordCount: Int { max(0, refills) * Self.size + (refills < 0 ? 0 : next) }

    /// `random.seed(seed)`.
    public init(seed: Int) { self.init(magnitude: UInt64(seed.magnitude)) }

    package init(magnitude: UInt64) {
        var state = [UInt32](repeating: 0, count: Self.size)
        state[0] = 19_650_218
        for i in 1..<Self.size {
            state[i] = 1_812_433_253 &* (state[i - 1] ^ state[i - 1] >> 30) &+ UInt32(i)
        }
        let low = UInt32(truncatingIfNeeded: magnitude)
        let high = UInt32(truncatingIfNeeded: magnitude >> 32)
        let key = high == 0 ? [low] : [low, high]
        var i = 1
        var j = 0
        for _ in 0..<Self.size {
            let mixed = (state[i - 1] ^ state[i - 1] >> 30) &* 1_664_525
            state[i] = (state[i] ^ mixed) &+ key[j] &+ UInt32(j)
            i += 1
            j = (j + 1) % key.count
            if i >= Self.size {
                state[0] = state[Self.size - 1]
                i = 1
            }
        }
        for _ in 1..<Self.size {
            let mixed = (state[i - 1] ^ state[i - 1] >> 30) &* 1_566_083_941
            state[i] = (state[i] ^ mixed) &- UInt32(i)
            i += 1
            if i >= Self.size {
                state[0] = state[Self.size - 1]
                i = 1
            }
        }
        state[0] = 0x8000_0000
        self.state = state
    }

    private mutating func word() -> UInt32 {
        if next == Self.size { refill() }
        var y = state[next]
        next += 1
        y ^= y >> 11
        y ^= y << 7 & 0x9D2C_5680
        y ^= y << 15 & 0xEFC6_0000
        return y ^ y >> 18
    }

    private mutating func refill() {
        for i in 0..<Self.size {
            let y =
                state[i] & 0x8000_0000 | state[(i + 1) % Self.size] & 0x7FFF_FFFF
            state[i] =
                state[(i + Self.middle) % Self.size] ^ y >> 1 ^ (y & 1 == 0 ? 0 : 0x9908_B0DF)
        }
        next = 0
        refills += 1
    }

    mutating func skip(words: Int) { for _ in 0..<words { _ = word() } }

    /// `random._randbelow(count)`, which `randint` and `choice` are made of.
    public mutating func integer(below count: Int) -> Int {
        precondition(count > 0 && count <= UInt32.max, "an integer below \(count)")
        let bits = Int.bitWidth - count.leadingZeroBitCount
        while true {
            let value = Int(word() >> (32 - UInt32(bits)))
            if value < count { return value }
        }
    }

    /// `random.uniform(0, 1)`, which is `random.random()`.
    public mutating func unitInterval() -> Double {
        let high = Double(word() >> 5)
        let low = Double(word() >> 6)
        return (high * 67_108_864 + low) / 9_007_199_254_740_992
    }
}
