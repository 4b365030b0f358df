import RedCapsLoading
import RedCapsBase
import RedCapsTar

/// Standard error: messages, and a progress bar if somebody is looking.
enum Terminal {
    /// Tells what is lost in shards, and what isn't as it should be.
    /// - Returns: Whether anything is lost.
    static func complain(of index: TarIndex) -> Bool {
        for warning in index.shards.flatMap(\.warnings) { complain("\(warning)") }
        let failures = index.shards.compactMap(\.failure)
        for failure in failures { complain("\(failure)") }
        return !failures.isEmpty
    }

    /// Whether a bar is in the last line.
    private static let hasBar = ConditionLock(false)

    /// Writes whole lines; a bar that is there goes first.
    static func show(_ text: String) {
        hasBar.update { hasBar in
            put(hasBar ? clearing + text : text)
            hasBar = false
        }
    }

    /// Puts a bar, or any other word of what goes on, into the last line; nothing clears it.
    static func showBar(_ text: String) {
        hasBar.update { hasBar in
            guard hasBar || !text.isEmpty else { return }
            put("\r\(text)\u{1B}[K")
            hasBar = !text.isEmpty
        }
    }

    private static let clearing = "\r\u{1B}[K"

    private static func put(_ text: String) {
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

    /// Whether somebody looks, on a terminal that can clear a line.
    static var isWatched: Bool {
        isatty(STDERR_FILENO) == 1 && System.variable("TERM") != "dumb"
    }

    /// How many characters a line has: as the terminal says, else `COLUMNS`, else 80.
    static var width: Int {
        var size = winsize()
        if ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return Int(size.ws_col)
        }
        guard let columns = System.variable("COLUMNS").flatMap({ Int($0) }), columns > 0 else {
            return 80
        }
        return columns
    }
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
        let line = ProgressLine(
            done: done, total: total, unit: unit, seconds: (now - start).inSeconds)
        // A terminal goes on to the next line when the last place is taken.
        Terminal.showBar(line.text(width: Terminal.width - 1))
    }

    func finish() {
        if isShown { Terminal.showBar("") }
    }
}

extension Double {
    /// The number with at most four digits after the point.
    var shortened: Double { (self * 1e4).rounded() / 1e4 }
}
