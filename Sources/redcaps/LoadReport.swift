import RedCapsCore

/// What a run of `redcaps load` comes to, in words or as JSON.
struct LoadReport {
    var meter = Throughput(expected: 0)
    var statistics: LoaderStatistics?
    private let workers: Int
    private let openMilliseconds: Double

    init(workers: Int, opening: Duration) {
        self.workers = workers
        openMilliseconds = (opening.inSeconds * 1e6).rounded() / 1e3
    }

    var text: String {
        let memory = ProcessStatus.peakResidentBytes.map { ", \($0 / 1_048_576) MiB at most" } ?? ""
        let skipped = statistics?.skippedSamples ?? 0
        return "\(meter.samples) samples in \(meter.batches) batches: "
            + "\(meter.rate.rounded()) samples per second with \(workers) workers, "
            + "\(statistics?.replacedSamples ?? 0) replaced, "
            + (skipped > 0 ? "\(skipped) skipped, " : "")
            + "opened in \(openMilliseconds) ms\(memory)"
    }

    var json: String {
        var line = JSONLine()
        line.add("samples", meter.samples)
        line.add("batches", meter.batches)
        line.add("seconds", meter.seconds)
        line.add("samples_per_second", meter.rate)
        line.add("replaced", statistics?.replacedSamples ?? 0)
        line.add("skipped", statistics?.skippedSamples ?? 0)
        line.add("failures", statistics?.failures ?? 0)
        line.add("workers", workers)
        line.add("open_ms", openMilliseconds)
        line.add("peak_rss_bytes", ProcessStatus.peakResidentBytes)
        guard let statistics else { return line.text }
        line.add("rss_bytes", statistics.residentBytes)
        line.add("bytes_read", statistics.bytesRead)
        line.add("retried_reads", statistics.retriedReads)
        line.add("stalls", statistics.stalls)
        line.add("consumer_wait_seconds", statistics.consumerWait.inSeconds)
        line.add("worker_wait_seconds", statistics.workerWait.inSeconds)
        for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            line.add(
                "consumer_wait_\(name)_ms",
                (statistics.consumerWaits.percentile(share).inSeconds * 1e6).rounded() / 1e3)
        }
        line.add("mean_queue_depth", statistics.meanQueueDepth)
        for stage in LoadingStage.allCases {
            line.add("\(stage)_seconds", statistics.stageTimes[stage, default: .zero].inSeconds)
        }
        return line.text
    }
}

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

/// Where a loader's time went, as a table.
struct ProfileTable {
    let text: String

    init(_ statistics: LoaderStatistics) {
        func ms(_ duration: Duration) -> String {
            "\((duration.inSeconds * 1e6).rounded() / 1e3) ms"
        }
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let samples = max(1, statistics.samples)
        let all = statistics.stageTimes.values.reduce(Duration.zero, +)
        var lines = ["", "stage        per sample     share"]
        for stage in LoadingStage.allCases {
            let time = statistics.stageTimes[stage, default: .zero]
            let share = all > .zero ? (time / all * 1000).rounded() / 10 : 0
            lines.append(
                "\(stage)".padding(to: 9) + padded(ms(time / samples), 14)
                    + padded("\(share) %", 10))
        }
        let waits = statistics.consumerWaits
        lines += [
            "",
            "read         \((statistics.bytesPerSecond / 1e6).rounded()) MB/s, "
                + "\(statistics.retriedReads) reads tried again, \(statistics.stalls) stuck",
            "consumer     waited \(ms(statistics.consumerWait)) of \(ms(statistics.elapsed)); "
                + "p50 \(ms(waits.percentile(0.5))), p95 \(ms(waits.percentile(0.95))), "
                + "p99 \(ms(waits.percentile(0.99)))",
            "workers      waited \(ms(statistics.workerWait)), \(statistics.workers) together",
            "queue        \((statistics.meanQueueDepth * 100).rounded() / 100) batches ready "
                + "when one was taken",
        ]
        switch statistics.bottleneck {
        case .consumer: lines.append("bottleneck   the consumer: the loader keeps up with it")
        case .loader(let stage): lines.append("bottleneck   the loader, most of all to \(stage)")
        case .unknown: break
        }
        text = lines.joined(separator: "\n")
    }
}

extension String {
    /// The text with spaces after it up to a width.
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
