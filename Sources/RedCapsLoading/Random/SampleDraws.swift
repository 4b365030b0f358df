/// The randomness of one sample. It is handed to whoever needs it, never taken from the air.
///
/// As a `RandomNumberGenerator` it also serves the standard library, as in
/// `Float.random(in: 0..<1, using: &draws)`: how those make a number of the bits is up to the library,
/// and may change with its version. The two requirements here never change.
public protocol SampleDraws: RandomNumberGenerator, Sendable {
    /// A uniform integer in `0 ..< count`.
    /// - Precondition: `count` is positive.
    mutating func integer(below count: Int) -> Int

    /// A uniform number in `0 ..< 1`.
    mutating func unitInterval() -> Double
}

/// Draws as a function of a seed and a position: the same for any number of workers, after a resume
/// and on any rank. Version 1, specified in `Docs/Order.md`; no release changes it.
public struct PositionalDraws: SampleDraws {
    static let identity = "positional:v1"

    private var generator: SplitMix64

    /// The draws of one position of the stream of samples.
    public init(seed: UInt64, position: Int) {
        generator = SplitMix64(seed: seed, stream: UInt64(bitPattern: Int64(position)))
    }

    /// The next 64 bits of the position's SplitMix64.
    public mutating func next() -> UInt64 { generator.next() }

    /// A uniform integer in `0..<count`, without bias (Lemire's method).
    public mutating func integer(below count: Int) -> Int {
        precondition(count > 0, "an integer below \(count)")
        let bound = UInt64(count)
        var product = generator.next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold = (0 &- bound) % bound
            while product.low < threshold {
                product = generator.next().multipliedFullWidth(by: bound)
            }
        }
        return Int(product.high)
    }

    /// A uniform number in `0..<1` with 53 random bits.
    public mutating func unitInterval() -> Double {
        Double(generator.next() >> 11) * 0x1p-53
    }
}

/// Steele, Lea and Flood's SplitMix64 (2014), started from a seed and the number of a stream.
struct SplitMix64: Sendable {
    private var state: UInt64

    init(seed: UInt64, stream: UInt64) {
        state = Self.mix(Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15) &+ stream)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
