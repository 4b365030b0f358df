/// How many samples a worker takes at once: one, unless they take next to no time; then as many as
/// take about 20 µs, 64 at most, so that the time isn't spent on the lock.
struct RunSizeTuner {
    private(set) var count = 1
    private var nanoseconds = 0.0

    mutating func learn(_ time: UInt64, samples: Int) {
        let mean = Double(time) / Double(max(1, samples))
        nanoseconds = nanoseconds == 0 ? mean : nanoseconds + (mean - nanoseconds) / 8
        count = Int(min(max(20_000 / max(nanoseconds, 1), 1), 64))
    }
}
