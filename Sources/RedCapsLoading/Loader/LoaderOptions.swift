public import Logging
internal import RedCapsBase

/// How a `DataLoader` loads.
public struct LoaderOptions: Sendable {
    /// Samples in a batch; a sampler that chooses whole batches may put fewer into one.
    public var batchSize: Int
    /// The order of the samples.
    public var sampler: any Sampler
    /// Threads that decode.
    public var workers: Int
    /// Batches that may be loaded ahead of the consumer. Memory is bounded by one more than that.
    public var prefetchBatches: Int
    /// What all randomness within samples depends on, together with their position.
    public var seed: UInt64
    /// Which of several processes this is.
    public var context: DistributedContext
    /// How many batches to deliver, if not all.
    public var batchLimit: Int?
    /// The number of the first batch, to replay a part of a run; those before it aren't loaded. By
    /// default where the run begins.
    public var firstBatch: Int?
    /// Batches that are stepped over, by number: nothing of them is loaded or delivered. None by
    /// default.
    public var skippedBatches: [Range<Int>]
    /// Whether a last batch with fewer samples is left out.
    public var dropsLast: Bool
    /// What to do about samples that can't be loaded.
    public var failurePolicy: FailurePolicy
    /// Draws exactly as a Python run does, instead of as a function of seed and position; `nil` by
    /// default.
    public var reference: ReferenceMode?
    /// Reads that may be in flight when storage is slow, 1 ... 256; 16 by default.
    public var readsInFlight: Int
    /// Bytes that may have been read ahead before no new read is begun; 64 MiB by default.
    public var readAheadBytes: Int
    /// When reads that failed are tried again; by default after 20, 100 and 500 milliseconds.
    public var readRetries: ReadRetries
    /// How long a stage of a sample may take before it is reported: a minute by default, `nil` for
    /// ever.
    public var stallLimit: Duration?
    /// Told about samples that failed, the first few of each kind and then their number; about stages
    /// that are stuck, and why there is no batch at all where there is none.
    public var logger: Logger
    /// Called for every sample that failed, in order, on the consumer's thread just before it gets
    /// the batch.
    public var onFailure: (@Sendable (SampleFailure) -> Void)?
    /// Called, on a thread of the loader's, for every stage that is stuck.
    public var onStall: (@Sendable (LoadingStall) -> Void)?

    /// Chooses options; those that aren't parameters can be set afterwards.
    /// - Parameters:
    ///   - batchSize: Samples in a batch, 1 ... 65536.
    ///   - sampler: The order; by default all samples again and again, shuffled by seed 0.
    ///   - workers: Threads that decode, 1 ... 1024; `nil`, the default, for one for each processor
    ///     that the process may use, or for its part of these where a launcher has started several
    ///     processes on the machine.
    ///   - prefetchBatches: Batches loaded ahead of the consumer, 2 by default. So many and one more
    ///     are in memory.
    ///   - seed: What randomness within samples depends on; 0 by default.
    ///   - context: Which of several processes this is; by default the only one.
    ///   - batchLimit: How many batches to deliver; `nil`, the default, for all that the order has.
    ///   - dropsLast: Whether a short last batch is left out; by default it comes.
    ///   - failurePolicy: What to do about samples that can't be loaded; by default others take
    ///     their places, for up to a tenth of the samples.
    ///   - logger: Told about failures and stalls.
    ///   - onFailure: Called for every failure, in order.
    public init(
        batchSize: Int, sampler: any Sampler = .infinite(), workers: Int? = nil,
        prefetchBatches: Int = 2, seed: UInt64 = 0, context: DistributedContext = .alone,
        batchLimit: Int? = nil, dropsLast: Bool = false,
        failurePolicy: FailurePolicy = .replace(atMost: .fraction(0.1)),
        logger: Logger = Logger(label: "RedCaps"),
        onFailure: (@Sendable (SampleFailure) -> Void)? = nil
    ) {
        self.batchSize = batchSize
        self.sampler = sampler
        self.workers = workers ?? min(1024, WorkerThread.ownCores)
        self.prefetchBatches = prefetchBatches
        self.seed = seed
        self.context = context
        self.batchLimit = batchLimit
        firstBatch = nil
        skippedBatches = []
        self.dropsLast = dropsLast
        self.failurePolicy = failurePolicy
        reference = nil
        readsInFlight = 16
        readAheadBytes = 64 << 20
        readRetries = .default
        stallLimit = .seconds(60)
        self.logger = logger
        self.onFailure = onFailure
        onStall = nil
    }

    /// - Throws: `LoaderError` with the offending number.
    func check() throws(LoaderError) {
        let limits = [
            ("batchSize", batchSize, 1...65536), ("workers", workers, 1...1024),
            ("prefetchBatches", prefetchBatches, 1...65536),
            ("batchLimit", batchLimit ?? 0, 0...Int.max),
            ("firstBatch", firstBatch ?? 0, 0...1 << 48),
            ("worldSize", context.worldSize, 1...1 << 32),
            ("readsInFlight", readsInFlight, 1...256),
            ("readAheadBytes", readAheadBytes, 1...Int.max),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw LoaderError(
                "\(name) = \(value) isn't in \(range.lowerBound) ... \(range.upperBound)")
        }
    }

    /// Who owns the draws of a run's batches.
    var drawRules: DrawRules {
        DrawRules(
            mode: reference, seed: seed, sampler: sampler, batchSize: batchSize,
            dropsLast: dropsLast, context: context,
            leavesOutBatches: firstBatch != nil || !skippedBatches.isEmpty)
    }

    /// Where a run over a data set begins, with these options.
    func start(fingerprint: UInt64) -> ResumePoint {
        ResumePoint(
            position: 0, batch: 0, seed: seed, draws: drawRules.identity, sampler: sampler.identity,
            dataset: String(fingerprint, radix: 16), reference: drawRules.start)
    }

    /// Which batches a run loads that begins at a point.
    func plan(from start: ResumePoint, over layout: DatasetLayout) -> BatchPlan {
        var plan = BatchPlan(batchSize: batchSize)
        (plan.rank, plan.worldSize) = (context.rank, context.worldSize)
        plan.origin = (start.batch, start.position)
        plan.firstNumber = max(start.batch, firstBatch ?? 0)
        plan.limit = batchLimit ?? .max
        plan.skips = skippedBatches
        plan.end = sampler.length(over: layout).map { min(max($0, 0), Int.max / 2) }
        plan.dropsLast = dropsLast
        plan.epochs = drawRules.epochs(over: layout)
        plan.samplesPerEpoch = sampler.samplesPerEpoch(over: layout).flatMap {
            (1..<Int.max).contains($0) ? $0 : nil
        }
        return plan
    }
}
