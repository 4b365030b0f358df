public import Logging
internal import RedCapsTar

/// How a `DataLoader` loads.
public struct LoaderOptions: Sendable {
    /// Samples in a batch.
    public var batchSize: Int
    /// The order of the samples.
    public var sampler: any Sampler
    /// Threads that load; by default one for each processor that the process may use.
    public var workers: Int
    /// Batches that may be loaded ahead of the consumer. Memory is bounded by one more than that.
    public var prefetchBatches: Int
    /// What all randomness within samples depends on, together with their position.
    public var seed: UInt64
    /// How many batches to deliver, if not all.
    public var batchLimit: Int?
    /// Whether a last batch with fewer samples is left out.
    public var dropsLast: Bool
    /// What to do about samples that can't be loaded.
    public var failurePolicy: FailurePolicy
    /// Told about every sample that was replaced.
    public var logger: Logger
    /// Called, on a worker's thread, for every sample that was replaced.
    public var onFailure: (@Sendable (SampleFailure) -> Void)?

    /// Chooses options.
    public init(
        batchSize: Int, sampler: any Sampler = .infinite(), workers: Int? = nil,
        prefetchBatches: Int = 2, seed: UInt64 = 0, batchLimit: Int? = nil, dropsLast: Bool = false,
        failurePolicy: FailurePolicy = .replace(atMost: 100),
        logger: Logger = Logger(label: "RedCaps"),
        onFailure: (@Sendable (SampleFailure) -> Void)? = nil
    ) {
        self.batchSize = batchSize
        self.sampler = sampler
        self.workers = workers ?? WorkerThread.usableCores
        self.prefetchBatches = prefetchBatches
        self.seed = seed
        self.batchLimit = batchLimit
        self.dropsLast = dropsLast
        self.failurePolicy = failurePolicy
        self.logger = logger
        self.onFailure = onFailure
    }

    /// - Throws: `LoaderError` with the offending number.
    func check() throws(LoaderError) {
        let limits = [
            ("batchSize", batchSize, 1...65536), ("workers", workers, 1...1024),
            ("prefetchBatches", prefetchBatches, 1...65536),
            ("batchLimit", batchLimit ?? 0, 0...Int.max),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw LoaderError(
                "\(name) = \(value) isn't in \(range.lowerBound) ... \(range.upperBound)")
        }
    }
}
