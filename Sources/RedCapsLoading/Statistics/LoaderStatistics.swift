internal import RedCapsBase

/// What a loader has done so far, over all its iterations.
public struct LoaderStatistics: Sendable {
    /// Batches delivered.
    public internal(set) var batches = 0
    /// Samples delivered.
    public internal(set) var samples = 0
    /// Samples that stand in for others that couldn't be loaded.
    public internal(set) var replacedSamples = 0
    /// Samples that were left out because they couldn't be loaded.
    public internal(set) var skippedSamples = 0
    /// Failures told: more than the two above where replacements failed as well.
    public internal(set) var failures = 0
    /// Bytes of images and annotations read.
    public internal(set) var bytesRead = 0
    /// Reads that were tried again.
    public internal(set) var retriedReads = 0
    /// Stages that were stuck for longer than the limit.
    public internal(set) var stalls = 0
    /// From the beginning of the first iteration to the last batch delivered.
    public internal(set) var elapsed = Duration.zero
    /// How long the consumer waited for batches.
    public internal(set) var consumerWait = Duration.zero
    /// Each of these waits.
    public internal(set) var consumerWaits = LatencyHistogram()
    /// How long the workers, all together, waited for room ahead of the consumer or for reads.
    public internal(set) var workerWait = Duration.zero
    /// Threads that decode.
    public internal(set) var workers = 0
    /// Batches that were ready when the last one was taken.
    public internal(set) var queueDepth = 0
    /// The mean of that over all batches.
    public var meanQueueDepth: Double { batches > 0 ? Double(queueDepths) / Double(batches) : 0 }
    /// What the stages took, all threads together; reads include those ahead of the decoders.
    public internal(set) var stageTimes: [LoadingStage: Duration] = [:]
    /// Memory that is resident now, in bytes, of the whole process.
    public internal(set) var residentBytes: Int?
    /// The most that was.
    public internal(set) var peakResidentBytes: Int?

    var queueDepths = 0

    /// Samples delivered a second.
    public var samplesPerSecond: Double {
        elapsed > .zero ? Double(samples) / elapsed.inSeconds : 0
    }
    /// Bytes read a second.
    public var bytesPerSecond: Double {
        elapsed > .zero ? Double(bytesRead) / elapsed.inSeconds : 0
    }

    /// Who waits for whom.
    public enum Bottleneck: Sendable, Hashable {
        /// The consumer doesn't wait: a faster loader would change nothing.
        case consumer
        /// The consumer waits, and this stage is what the workers spend the most time on.
        case loader(LoadingStage)
        /// Nothing was delivered yet.
        case unknown
    }

    /// Whether the loader holds the consumer up: that is said when the consumer spends more than a
    /// twentieth of the time waiting.
    public var bottleneck: Bottleneck {
        guard batches > 0, elapsed > .zero else { return .unknown }
        guard consumerWait / elapsed > 0.05 else { return .consumer }
        let longest = stageTimes.max { $0.value < $1.value }
        return longest.map { .loader($0.key) } ?? .unknown
    }
}

extension Duration {
    package var inSeconds: Double { self / .seconds(1) }
}

/// Collects a loader's statistics from the threads of all its iterations.
final class LoaderMeter: Sendable {
    private struct State {
        var statistics = LoaderStatistics()
        var probes: [ObjectIdentifier: [LoadingProbe]] = [:]
        var start: UInt64?
    }

    private let state: ConditionLock<State>

    /// The consumer's probe counts as well, whatever iterates.
    init(consumer: LoadingProbe, workers: Int) {
        var first = State()
        first.probes[ObjectIdentifier(consumer)] = [consumer]
        first.statistics.workers = workers
        state = ConditionLock(first)
    }

    /// An iteration begins.
    func begin(_ run: AnyObject, _ probes: [LoadingProbe]) {
        state.update { state in
            state.probes[ObjectIdentifier(run)] = probes
            if state.start == nil { state.start = MonotonicTime.nanoseconds }
        }
    }

    /// An iteration's threads have ended, or are about to.
    func end(_ run: ObjectIdentifier) {
        state.update { state in
            for probe in state.probes.removeValue(forKey: run) ?? [] {
                probe.add(to: &state.statistics)
            }
        }
    }

    func update(_ body: (inout LoaderStatistics) -> Void) { state.update { body(&$0.statistics) } }

    /// A batch was delivered, or the end.
    func delivered(
        waited: UInt64, depth: Int, samples: Int, replaced: Int, skipped: Int, failures: Int
    ) {
        state.update { state in
            state.statistics.batches += 1
            state.statistics.samples += samples
            state.statistics.replacedSamples += replaced
            state.statistics.skippedSamples += skipped
            state.statistics.failures += failures
            state.statistics.queueDepth = depth
            state.statistics.queueDepths += depth
            state.statistics.consumerWait += .nanoseconds(Int64(clamping: waited))
            state.statistics.consumerWaits.add(nanoseconds: waited)
            if let start = state.start {
                state.statistics.elapsed = .nanoseconds(
                    Int64(clamping: MonotonicTime.nanoseconds &- start))
            }
        }
    }

    /// What has been counted so far.
    var snapshot: LoaderStatistics {
        var (statistics, probes) = state.update { state in
            (state.statistics, state.probes.values.flatMap { $0 })
        }
        for probe in probes { probe.add(to: &statistics) }
        statistics.residentBytes = ProcessStatus.residentBytes
        statistics.peakResidentBytes = ProcessStatus.peakResidentBytes
        return statistics
    }
}
