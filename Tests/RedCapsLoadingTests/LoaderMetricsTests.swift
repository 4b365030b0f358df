#if Metrics
import RedCapsBase
import TestSupport
import CoreMetrics
import Logging
import RedCapsLoading
import Testing

@Suite("Loader metrics")
struct LoaderMetricsTests {
    private func loader(_ limit: Int) throws -> DataLoader<NumberDataset> {
        try DataLoader(
            NumberDataset(40, broken: [3]),
            LoaderOptions(
                batchSize: 4, sampler: .sequential, workers: 2, batchLimit: limit,
                failurePolicy: .skip(atMost: 5),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }

    @Test("What is recorded adds up to the statistics, with the dimensions that were given")
    func sums() throws {
        let recorder = MetricsRecorder()
        var metrics = LoaderMetrics(dimensions: [("rank", "3")], factory: recorder)
        let loader = try loader(10)
        for result in loader.results {
            _ = try result.get()
            metrics.record(loader.statistics)
        }
        let statistics = loader.statistics
        metrics.record(statistics)
        let values = recorder.values
        func value(_ name: String, _ more: String = "") -> Double? {
            values["redcaps_loader_\(name)[rank=3\(more)]"]
        }
        #expect(value("batches") == 10)
        #expect(value("samples") == 39)
        #expect(value("skipped_samples") == 1)
        #expect(value("failures") == 1)
        #expect(value("replaced_samples") == 0)
        #expect(value("workers") == 2)
        #expect(value("queue_depth") == Double(statistics.queueDepth))
        #expect(value("resident_bytes") == statistics.residentBytes.map(Double.init))
        #expect(value("samples_per_second") == statistics.samplesPerSecond)
        let wait = try #require(value("consumer_wait_seconds"))
        #expect(abs(wait - statistics.consumerWait / .seconds(1)) < 1e-6)
        #expect(value("stage_seconds", ",stage=decode") == 0)
        #expect(try #require(value("stage_seconds", ",stage=collate")) > 0)
        #expect(
            value("consumer_wait_quantile_seconds", ",quantile=0.99")
                == statistics.consumerWaits.percentile(0.99) / .seconds(1))
        // Each wait once: recorded after each of ten batches, and never without a new one.
        #expect(recorder.timed["redcaps_loader_consumer_wait[rank=3]"]?.count == 10)
    }

    @Test("Statistics of a new loader are counted from nothing, not as a loss")
    func again() throws {
        let recorder = MetricsRecorder()
        var metrics = LoaderMetrics(prefix: "feed", factory: recorder)
        for batches in [5, 2] {
            let loader = try loader(batches)
            for result in loader.results { _ = try result.get() }
            metrics.record(loader.statistics)
        }
        #expect(recorder.values["feed_batches[]"] == 7)
        #expect(recorder.timed["feed_consumer_wait[]"]?.count == 2)
    }
}

/// Keeps all metrics by label and dimensions.
private final class MetricsRecorder: MetricsFactory {
    private let state = ConditionLock((values: [String: Double](), timed: [String: [Int64]]()))

    var values: [String: Double] { state.update { $0.values } }
    var timed: [String: [Int64]] { state.update { $0.timed } }

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let key = "\(label)[\(dimensions.map { "\($0)=\($1)" }.joined(separator: ","))]"
        state.update { $0.values[key] = 0 }
        return Handler(
            change: { [self] change in state.update { $0.values[key, default: 0].apply(change) }
            },
            time: { [self] time in state.update { $0.timed[key, default: []].append(time) } })
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(label, dimensions)
    }
    func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { handler(label, dimensions) }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        handler(label, dimensions)
    }
    func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler { handler(label, dimensions) }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handler(label, dimensions)
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

private enum Change {
    case add(Double)
    case set(Double)
}

extension Double {
    fileprivate mutating func apply(_ change: Change) {
        switch change {
        case .add(let amount): self += amount
        case .set(let value): self = value
        }
    }
}

private final class Handler: CounterHandler, FloatingPointCounterHandler, MeterHandler,
    RecorderHandler, TimerHandler
{
    private let change: @Sendable (Change) -> Void
    private let time: @Sendable (Int64) -> Void

    init(
        change: @escaping @Sendable (Change) -> Void, time: @escaping @Sendable (Int64) -> Void
    ) {
        (self.change, self.time) = (change, time)
    }

    func increment(by amount: Int64) { change(.add(Double(amount))) }
    func increment(by amount: Double) { change(.add(amount)) }
    func decrement(by amount: Double) { change(.add(-amount)) }
    func set(_ value: Int64) { change(.set(Double(value))) }
    func set(_ value: Double) { change(.set(value)) }
    func record(_ value: Int64) { change(.set(Double(value))) }
    func record(_ value: Double) { change(.set(value)) }
    func recordNanoseconds(_ duration: Int64) { time(duration) }
    func reset() { change(.set(0)) }
}
#endif
