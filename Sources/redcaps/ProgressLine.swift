/// A line that shows how far something is, as wide as there is room for.
package struct ProgressLine: Sendable {
    /// How much is done, of `total`.
    package var done: Int
    /// How much there is, at least 1.
    package var total: Int
    /// What is counted.
    package var unit: String
    /// How long it has taken.
    package var seconds: Double

    package init(done: Int, total: Int, unit: String, seconds: Double) {
        (self.done, self.total, self.unit, self.seconds) = (done, max(1, total), unit, seconds)
    }

    private static let widestBar = 32
    private static let narrowestBar = 8

    /// The line in at most so many characters: first the bar becomes shorter, then the time that is
    /// left, the rate and the counts are left out, at last the bar.
    package func text(width: Int) -> String {
        let percent = "\(Int(100 * Double(min(max(0, done), total)) / Double(total))) %"
        let rate = Double(done) / max(seconds, 1e-9)
        let left = Double(max(0, total - done)) / max(rate, 1e-9)
        let parts = [
            percent, "\(done)/\(total) \(unit)", "\(Self.whole(rate))/s",
            "\(Self.whole(left)) s left",
        ]
        for count in (1...parts.count).reversed() {
            let text = parts.prefix(count).joined(separator: "  ")
            let room = min(Self.widestBar, width - text.count - 1)
            if room >= Self.narrowestBar { return bar(room) + " " + text }
        }
        return String(percent.prefix(max(0, width)))
    }

    private func bar(_ cells: Int) -> String {
        let full = Int(Double(cells) * Double(min(max(0, done), total)) / Double(total))
        return String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
    }

    private static func whole(_ value: Double) -> String {
        Int(exactly: value.rounded(.down)).map(String.init) ?? "∞"
    }
}
