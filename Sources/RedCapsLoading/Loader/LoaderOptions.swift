public import Logging
internal import RedCapsBase

/// How a `DataLoader` loads.
public struct LoaderOptions: Sendable {
    /// Samples in a batch.
    public var batchSize: Int
    /// The order of the samples.
    public var sampler: any Sampler
    /// Threads that decode; by default one for each processor that the process may use.
    public var workers: Int
    /// Batches that may be loaded ahead of the consumer. Memory is bounded by one more than that.
    public var prefetchBatches: Int
    /// What all randomness within samples depends on, together with their position.
    public var seed: UInt64
    /// Which of several processes this is; by default the only one.
    public var context: DistributedContext
    /// How many batches to deliver, if not all.
    public var batchLimit: Int?
    /// The number of the first batch, to replay a part of a run; those before it aren't loaded.
    public var firstBatch: Int?
    /// Batches that are stepped over, by number: nothing of them is loaded or delivered.
    public var skippedBatches: [Range<Int>]
    /// Whether a last batch with fewer samples is left out.
    public var dropsLast: Bool
    /// What to do about samples that can't be loaded.
    public var failurePolicy: FailurePolicy
    /// Draws exactly as a Python run does, instead of as a function of seed and position.
    public var reference: ReferenceMode?
    /// Reads that may be in flight when storage is slow.
    public var readsInFlight: Int
    /// Bytes that may have been read ahead before no new read is begun.
    public var readAheadBytes: Int
    /// When reads that failed are tried again.
    public var readRetries: ReadRetries
    /// How long a stage of a sample may take before it is reported; `nil` for ever.
    public var stallLimit: Duration?
    /// Told about every sample that failed, and about stages that are stuck.
    public var logger: Logger
    /// Called for every sample that failed, in order, on the consumer's thread just before it gets
    /// the batch.
    public var onFailure: (@Sendable (SampleFailure) -> Void)?
    /// Called, on a thread of the loader's, for every stage that is stuck.
    public var onStall: (@Sendable (LoadingStall) -> Void)?

    /// Chooses options.
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
        self.workers = workers ?? WorkerThread.usableCores
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
        guard reference == nil || (firstBatch == nil && skippedBatches.isEmpty) else {
            throw LoaderError(
                "in the reference mode a batch depends on those before it: none can be skipped")
        }
    }

    /// - Throws: `LoaderError` for epochs that can't be shared out among the ranks.
    func checkEpochs(over layout: DatasetLayout) throws(LoaderError) {
        guard reference == nil, let epoch = sampler.epochLength(over: layout),
            sampler.length(over: layout) != epoch, !epoch.isMultiple(of: context.worldSize)
        else { return }
        throw LoaderError(
            "epochs of \(epoch) samples give \(context.worldSize) ranks unequal shares without "
                + "rounding up; load one epoch at a time, or in the reference mode")
    }

    /// Where a run over a data set begins, with these options.
    func start(fingerprint: UInt64) -> ResumePoint {
        ResumePoint(
            position: 0, batch: 0, seed: seed,
            draws: reference?.identity ?? PositionalDraws.identity, sampler: sampler.identity,
            dataset: String(fingerprint, radix: 16),
            reference: reference.map {
                ResumePoint.ReferenceState(
                    words: Array(repeating: 0, count: max(1, $0.workers)), rank: context.rank,
                    worldSize: context.worldSize, batchSize: batchSize)
            })
    }

    /// Which batches a run loads that begins at a point.
    func plan(from start: ResumePoint, over layout: DatasetLayout) -> BatchPlan {
        var plan = BatchPlan(batchSize: batchSize)
        (plan.rank, plan.worldSize) = (context.rank, context.worldSize)
        plan.origin = (start.batch, start.position)
        plan.firstNumber = max(start.batch, firstBatch ?? 0)
        plan.limit = batchLimit ?? .max
        plan.skips = skippedBatches
        plan.end = sampler.length(over: layout)
        plan.dropsLast = dropsLast
        if reference != nil {
            plan.epochLength =
                sampler.epochLength(over: layout) ?? plan.end.flatMap { $0 < .max ? $0 : nil }
        }
        return plan
    }
}
