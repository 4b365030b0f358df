import RedCapsLoading
import RedCapsBase

/// Standard error: messages, and a progress bar if somebody is looking.
enum Terminal {
    static func show(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    static func complain(_ text: String) {
        show("redcaps: \(text)\n")
    }

    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }
}

/// A bar that shows how far something is. Silent unless standard error is a terminal.
struct ProgressBar {
    private var total: Int
    private var unit: String
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var lastShown: ContinuousClock.Instant?
    private let isShown: Bool

    init(total: Int, unit: String) {
        self.total = max(1, total)
        self.unit = unit
        start = clock.now
        isShown = Terminal.isWatched
    }

    mutating func show(_ done: Int, of total: Int, _ unit: String? = nil) {
        self.total = max(1, total)
        if let unit { self.unit = unit }
        show(done)
    }

    mutating func show(_ done: Int) {
        let now = clock.now
        guard isShown else { return }
        if let lastShown, now - lastShown < .milliseconds(100), done < total { return }
        lastShown = now
        let cells = 32 * min(done, total) / total
        let bar = String(repeating: "█", count: cells) + String(repeating: "░", count: 32 - cells)
        let rate = Double(done) / max((now - start).inSeconds, 1e-9)
        let left = Double(total - done) / max(rate, 1e-9)
        Terminal.show(
            "\r\(bar) \(100 * done / total) %  \(done)/\(total) \(unit)"
                + "  \(Int(rate))/s  \(Int(left)) s left\u{1B}[K")
    }

    func finish() {
        if isShown { Terminal.show("\r\u{1B}[K") }
    }
}

extension Double {
    /// The number with at most four digits after the point.
    var shortened: Double { (self * 1e4).rounded() / 1e4 }
}
