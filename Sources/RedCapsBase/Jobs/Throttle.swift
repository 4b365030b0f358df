/// Lets something pass every so many milliseconds.
package struct Throttle {
    private let clock = ContinuousClock()
    private let interval: Duration
    private var last: ContinuousClock.Instant

    package init(_ interval: Duration) {
        self.interval = interval
        last = clock.now
    }

    package mutating func passes() -> Bool {
        let now = clock.now
        guard now - last >= interval else { return false }
        last = now
        return true
    }
}
