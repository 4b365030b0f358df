public import RedCapsLoading

extension LoaderOptions {
    /// Loads as a training configuration says: its batch size, or 32, and its order.
    /// - Parameters:
    ///   - training: The configuration.
    ///   - seed: What crops and dropped captions depend on, and the order, if the configuration's
    ///     sampler has no seed of its own; by default as configured, else 0.
    public init(_ training: TrainingConfiguration, seed: UInt64? = nil) {
        let seed = seed ?? UInt64(max(0, training.seed ?? 0))
        let orderSeed = training.sampler.seed.map { UInt64(bitPattern: Int64($0)) } ?? seed
        self.init(
            batchSize: training.batchSize ?? 32, sampler: training.makeSampler(seed: orderSeed),
            seed: seed, dropsLast: training.dropsLast)
    }
}
