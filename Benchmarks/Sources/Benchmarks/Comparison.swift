import Foundation

/// Two ways of doing the same work, timed in turn.
struct Comparison: CustomStringConvertible {
    private let name: String
    private let reference: String
    /// Medians, in items per second.
    private let rate: Double
    private let referenceRate: Double

    /// Runs both once to warm up, then `rounds` times in turn.
    init(
        _ name: String, against reference: String, _ rounds: Int, _ items: Int,
        _ body: () throws -> Void, reference other: () throws -> Void
    ) throws {
        self.name = name
        self.reference = reference
        try body()
        try other()
        var times: [Double] = []
        var otherTimes: [Double] = []
        for _ in 0..<rounds {
            times.append(try Self.seconds(body))
            otherTimes.append(try Self.seconds(other))
        }
        rate = Double(items) / Self.median(times)
        referenceRate = Double(items) / Self.median(otherTimes)
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let duration = try ContinuousClock().measure(body)
        return duration / .seconds(1)
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    static let header = row("", "RedCaps", "in C", "ratio", "against")

    var description: String {
        Self.row(
            name, "\(Int(rate.rounded()))/s", "\(Int(referenceRate.rounded()))/s",
            String(format: "%.2f", rate / referenceRate), reference)
    }

    private static func row(
        _ name: String, _ rate: String, _ other: String, _ ratio: String, _ against: String
    ) -> String {
        func right(_ text: String) -> String {
            String(repeating: " ", count: max(0, 9 - text.count)) + text
        }
        return name.padding(toLength: 22, withPad: " ", startingAt: 0)
            + right(rate) + right(other) + right(ratio) + "  " + against
    }
}
