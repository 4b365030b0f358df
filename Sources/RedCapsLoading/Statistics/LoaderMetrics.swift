#if Metrics
public import CoreMetrics

/// Publishes a loader's statistics through swift-metrics, to whatever the program's metrics go to.
/// Only with the package's trait `Metrics`.
///
/// Make one for each loader, and record now and then, as after every batch:
///
///     var metrics = LoaderMetrics(dimensions: [("rank", "3")])
///     for try await batch in loader { metrics.record(loader.statistics); … }
///
/// Counters have what was added since the last time, meters the present value. `Docs/Loading.md`
/// lists them.
public struct LoaderMetrics: Sendable {
    private let counters: [(counter: Counter, value: @Sendable (LoaderStatistics) -> Int)]
    private let seconds:
        [(counter: FloatingPointCounter, value: @Sendable (LoaderStatistics) -> Duration)]
    private let meters: [(meter: Meter, value: @Sendable (LoaderStatistics) -> Double?)]
    private let consumerWait: Timer
    private var last = LoaderStatistics()

    /// Makes the metrics.
    /// - Parameters:
    ///   - prefix: What every label begins with.
    ///   - dimensions: What every metric carries, such as the rank.
    ///   - factory: Where they go; by default where `MetricsSystem` was told to.
    public init(
        prefix: String = "redcaps_loader", dimensions: [(String, String)] = [],
        factory: (any MetricsFactory)? = nil
    ) {
        let factory = factory ?? MetricsSystem.factory
        func counter(
            _ name: String, _ value: @escaping @Sendable (LoaderStatistics) -> Int
        ) -> (Counter, @Sendable (LoaderStatistics) -> Int) {
            (Counter(label: "\(prefix)_\(name)", dimensions: dimensions, factory: factory), value)
        }
        func seconds(
            _ name: String, _ more: [(String, String)],
            _ value: @escaping @Sendable (LoaderStatistics) -> Duration
        ) -> (FloatingPointCounter, @Sendable (LoaderStatistics) -> Duration) {
            (
                FloatingPointCounter(
                    label: "\(prefix)_\(name)_seconds", dimensions: dimensions + more,
                    factory: factory), value
            )
        }
        func meter(
            _ name: String, _ more: [(String, String)],
            _ value: @escaping @Sendable (LoaderStatistics) -> Double?
        ) -> (Meter, @Sendable (LoaderStatistics) -> Double?) {
            (
                Meter(
                    label: "\(prefix)_\(name)", dimensions: dimensions + more, factory: factory),
                value
            )
        }
        counters = [
            counter("batches") { $0.batches }, counter("samples") { $0.samples },
            counter("replaced_samples") { $0.replacedSamples },
            counter("skipped_samples") { $0.skippedSamples },
            counter("failures") { $0.failures }, counter("read_bytes") { $0.bytesRead },
            counter("retried_reads") { $0.retriedReads }, counter("stalls") { $0.stalls },
        ]
        self.seconds =
            [
                seconds("consumer_wait", []) { $0.consumerWait },
                seconds("worker_wait", []) { $0.workerWait },
            ]
            + LoadingStage.allCases.map { stage in
                seconds("stage", [("stage", "\(stage)")]) { $0.stageTimes[stage] ?? .zero }
            }
        meters =
            [
                meter("samples_per_second", []) { $0.samplesPerSecond },
                meter("bytes_per_second", []) { $0.bytesPerSecond },
                meter("workers", []) { Double($0.workers) },
                meter("queue_depth", []) { Double($0.queueDepth) },
                meter("resident_bytes", []) { $0.residentBytes.map(Double.init) },
            ]
            + [("0.5", 0.5), ("0.95", 0.95), ("0.99", 0.99)].map { name, share in
                meter("consumer_wait_quantile_seconds", [("quantile", name)]) {
                    $0.consumerWaits.percentile(share).inSeconds
                }
            }
        consumerWait = Timer(
            label: "\(prefix)_consumer_wait", dimensions: dimensions, factory: factory)
    }

    /// Publishes what has come since the last time. Recorded after every batch, the timer
    /// `consumer_wait` has each of the consumer's waits; recorded less often, their mean.
    public mutating func record(_ statistics: LoaderStatistics) {
        // Those of another loader, which began anew.
        if statistics.batches < last.batches { last = LoaderStatistics() }
        for (counter, value) in counters {
            let added = value(statistics) - value(last)
            if added > 0 { counter.increment(by: added) }
        }
        for (counter, value) in seconds {
            let added = value(statistics) - value(last)
            if added > .zero { counter.increment(by: added.inSeconds) }
        }
        for (meter, value) in meters {
            if let value = value(statistics) { meter.set(value) }
        }
        let batches = statistics.batches - last.batches
        if batches > 0 {
            let wait = (statistics.consumerWait - last.consumerWait) / batches
            consumerWait.recordNanoseconds(Int64(wait / .nanoseconds(1)))
        }
        last = statistics
    }
}
#endif
