/// CPython's `random`, so that a run can be compared with Python's: `seed`, `randint`, `choice` and
/// `uniform(0, 1)` give the same numbers in the same order.
///
/// The generator is MT19937, started by `init_by_array` from the 32-bit words of the seed's absolute
/// value.
public struct PythonDraws: SampleDraws {
    private var twister: MersenneTwister

    /// `random.seed(seed)`.
    public init(seed: Int) { self.init(magnitude: UInt64(seed.magnitude)) }

    init(magnitude: UInt64) {
        let low = UInt32(truncatingIfNeeded: magnitude)
        let high = UInt32(truncatingIfNeeded: magnitude >> 32)
        twister = MersenneTwister(key: high == 0 ? [low] : [low, high])
    }

    /// How many 32-bit numbers have been drawn.
    var wordCount: Int { twister.count }

    /// Passes over numbers without drawing them.
    mutating func skip(words: Int) { twister.skip(words) }

    /// `random.getrandbits(64)`: two words, the lower first.
    public mutating func next() -> UInt64 {
        let low = UInt64(twister.next())
        return UInt64(twister.next()) << 32 | low
    }

    /// `random._randbelow(count)`, which `randint` and `choice` are made of.
    public mutating func integer(below count: Int) -> Int {
        precondition(count > 0 && count <= UInt32.max, "an integer below \(count)")
        let bits = Int.bitWidth - count.leadingZeroBitCount
        while true {
            let value = Int(twister.next() >> (32 - UInt32(bits)))
            if value < count { return value }
        }
    }

    /// `random.uniform(0, 1)`, which is `random.random()`.
    public mutating func unitInterval() -> Double {
        let high = Double(twister.next() >> 5)
        let low = Double(twister.next() >> 6)
        return (high * 67_108_864 + low) / 9_007_199_254_740_992
    }
}
