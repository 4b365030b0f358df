public import RedCapsLoading

extension TrainingConfiguration {
    /// What a run is seeded with: the seed that is given, else the configuration's, else 0.
    public func runSeed(_ given: UInt64? = nil) -> UInt64 {
        given ?? UInt64(max(0, seed ?? 0))
    }

    /// What the order is seeded with: the configuration's sampler's own seed, else the run's.
    public func orderSeed(ofRun seed: UInt64) -> UInt64 {
        sampler.seed.map { UInt64(bitPattern: Int64($0)) } ?? seed
    }
}

extension LoaderOptions {
    /// Loads as a training configuration says. This is the one place where it is decided what holds
    /// for what the configuration doesn't say: batches of 32, and the seed 0.
    /// - Parameters:
    ///   - training: The configuration.
    ///   - batchSize: Samples in a batch; by default as configured, else 32.
    ///   - sampler: The order; by default as configured.
    ///   - workers: Threads; by default as many as there are usable cores. The configuration's
    ///     number of processes doesn't count.
    ///   - seed: What crops and dropped captions depend on, and the order, if the configuration's
    ///     sampler has no seed of its own; by default as configured, else 0.
    ///   - context: Which of several processes this is.
    public init(
        _ training: TrainingConfiguration, batchSize: Int? = nil, sampler: (any Sampler)? = nil,
        workers: Int? = nil, seed: UInt64? = nil, context: DistributedContext = .alone
    ) {
        let seed = training.runSeed(seed)
        self.init(
            batchSize: batchSize ?? training.batchSize ?? 32,
            sampler: sampler ?? training.makeSampler(seed: training.orderSeed(ofRun: seed)),
            workers: workers, seed: seed, context: context, dropsLast: training.dropsLast)
    }

    /// Ends an order that never ends, and has no limit yet, with the batch that completes one
    /// epoch.
    public mutating func limitToEpoch(of dataset: some Dataset) {
        guard batchLimit == nil, sampler.length(over: dataset.layout) == nil else { return }
        let step = batchSize * context.worldSize
        batchLimit = (dataset.count + step - 1) / step
    }
}
