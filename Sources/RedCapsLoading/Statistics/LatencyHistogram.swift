/// How long things took, in buckets that are an eighth of their size apart: percentiles without
/// keeping the numbers.
public struct LatencyHistogram: Sendable, Hashable {
    private var buckets = [UInt64](repeating: 0, count: 8 * 61 + 8)
    /// How many there were.
    public private(set) var count: UInt64 = 0

    package init() {}

    /// Takes in a duration in nanoseconds.
    package mutating func add(nanoseconds: UInt64) {
        buckets[Self.bucket(nanoseconds)] += 1
        count += 1
    }

    /// The duration that a share of all, 0 ... 1, didn't exceed, to within an eighth; zero if there
    /// were none.
    public func percentile(_ share: Double) -> Duration {
        guard count > 0 else { return .zero }
        let rank = max(1, (min(max(0, share), 1) * Double(count)).rounded(.up))
        var seen: UInt64 = 0
        for (bucket, number) in buckets.enumerated() {
            seen += number
            if Double(seen) >= rank { return .nanoseconds(Int64(clamping: Self.top(bucket))) }
        }
        return .zero
    }

    /// Below 8 each number has a bucket; above, eight share each power of two.
    private static func bucket(_ value: UInt64) -> Int {
        guard value >= 8 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - 2) * 8 + Int(value >> UInt64(exponent - 3) & 7)
    }

    private static func top(_ bucket: Int) -> UInt64 {
        guard bucket >= 8 else { return UInt64(bucket) }
        let exponent = UInt64(bucket / 8 + 2)
        let (end, overflow) = UInt64(bucket % 8 + 9).multipliedReportingOverflow(
            by: 1 << (exponent - 3))
        return overflow ? .max : end - 1
    }
}
