extension LoaderStatistics: CustomStringConvertible {
    /// Counts, rates, failures and waits, in a few lines.
    public var description: String {
        let waits = consumerWaits
        var lines = [
            "\(samples) samples in \(batches) batches in \(Self.ms(elapsed)): "
                + "\(Self.tenths(samplesPerSecond)) samples/s, "
                + "\(Self.tenths(bytesPerSecond / 1e6)) MB/s read",
            "\(replacedSamples) replaced, \(skippedSamples) left out, \(failures) failures; "
                + "\(retriedReads) reads tried again, \(stalls) stages stuck",
            "the consumer waited \(Self.ms(consumerWait)) (p50 \(Self.ms(waits.percentile(0.5))), "
                + "p99 \(Self.ms(waits.percentile(0.99)))), \(workers) workers "
                + "\(Self.ms(workerWait)) together; \(Self.hundredths(meanQueueDepth)) batches ready",
        ]
        if let residentBytes {
            let peak = peakResidentBytes.map { ", \($0 >> 20) MiB at most" } ?? ""
            lines.append("\(residentBytes >> 20) MiB of memory\(peak)")
        }
        if let verdict { lines.append(verdict) }
        return lines.joined(separator: "\n")
    }

    /// Where the time went, as a table of some fifteen lines: what each stage took per sample, what was
    /// read, who waited, and for whom.
    public var profile: String {
        let count = max(1, samples)
        let all = stageTimes.values.reduce(Duration.zero, +)
        var lines = ["stage        per sample     share"]
        for stage in LoadingStage.allCases {
            let time = stageTimes[stage, default: .zero]
            let share = Self.tenths(all > .zero ? time / all * 100 : 0)
            lines.append(
                "\(stage)".padded(to: 9) + Self.ms(time / count).indented(to: 14)
                    + "\(share) %".indented(to: 10))
        }
        lines += [
            "",
            "read         \((bytesPerSecond / 1e6).rounded()) MB/s, "
                + "\(retriedReads) reads tried again, \(stalls) stuck",
            "consumer     waited \(Self.ms(consumerWait)) of \(Self.ms(elapsed)); "
                + "p50 \(Self.ms(consumerWaits.percentile(0.5))), "
                + "p95 \(Self.ms(consumerWaits.percentile(0.95))), "
                + "p99 \(Self.ms(consumerWaits.percentile(0.99)))",
            "workers      waited \(Self.ms(workerWait)), \(workers) together",
            "queue        \(Self.hundredths(meanQueueDepth)) batches ready when one was taken",
        ]
        if let verdict { lines.append("bottleneck   \(verdict)") }
        return lines.joined(separator: "\n")
    }

    /// Who holds whom up; `nil` before the first batch.
    private var verdict: String? {
        switch bottleneck {
        case .consumer: "the consumer: the loader keeps up with it"
        case .loader(let stage): "the loader, most of all to \(stage)"
        case .unknown: nil
        }
    }

    private static func ms(_ duration: Duration) -> String {
        "\((duration.inSeconds * 1e6).rounded() / 1e3) ms"
    }

    private static func tenths(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }

    private static func hundredths(_ number: Double) -> String {
        "\((number * 100).rounded() / 100)"
    }
}

extension String {
    /// The text with spaces after it up to a width.
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    /// The text with spaces before it up to a width.
    fileprivate func indented(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
