public import RedCapsLoading
import RedCapsCore

/// Where a loader's time went, as a table.
public struct ProfileTable {
    /// The table, some fifteen lines.
    public let text: String

    /// Makes the table of what a loader has counted so far.
    public init(_ statistics: LoaderStatistics) {
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
