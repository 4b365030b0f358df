import RedCapsLoading

/// Samples per second, not counting the first tenth of them, while everything warms up.
struct Throughput {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let warmUp: Int
    private var warm: (samples: Int, time: ContinuousClock.Instant)?
    private var last: ContinuousClock.Instant
    private(set) var samples = 0
    var batches = 0

    init(expected: Int) {
        start = clock.now
        last = start
        warmUp = max(expected / 10, 1)
    }

    mutating func count(_ count: Int) {
        samples += count
        batches += 1
        last = clock.now
        if warm == nil && samples >= warmUp { warm = (samples, last) }
    }

    var seconds: Double { (last - start).inSeconds }

    var rate: Double {
        if let warm, samples > warm.samples {
            return Double(samples - warm.samples) / (last - warm.time).inSeconds
        }
        return seconds > 0 ? Double(samples) / seconds : 0
    }
}
