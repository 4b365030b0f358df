import RedCapsBase
import RedCapsLoading
import RedCapsCore

/// What a run of `redcaps load` comes to, in words or as JSON.
struct LoadReport {
    var meter = Throughput(expected: 0)
    var statistics: LoaderStatistics?
    /// Whether the process was told to end before the last batch.
    var isInterrupted = false
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
