/// How many samples to take at once, so that those that take next to no time don't spend it on the
/// lock.
struct Pace {
    private(set) var count = 1
    private var nanoseconds = 0.0

    mutating func learn(_ time: UInt64, samples: Int) {
        let mean = Double(time) / Double(max(1, samples))
        nanoseconds = nanoseconds == 0 ? mean : nanoseconds + (mean - nanoseconds) / 8
        count = Int(min(max(20_000 / max(nanoseconds, 1), 1), 64))
    }
}
