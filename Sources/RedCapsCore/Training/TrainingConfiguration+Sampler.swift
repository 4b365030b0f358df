import RedCapsLoading

extension TrainingConfiguration {
    /// The order that the configuration asks for, as a function of the seed: the same samples as
    /// Python's sampler gives, each as often, but shuffled by `Docs/Order.md`.
    ///
    /// `FixedBatchMultiSourceSampler`, whose batches each come from one data set, is Python's own.
    /// - Parameters:
    ///   - shuffle: Whether it is shuffled; as configured by default.
    ///   - seed: What chooses the shuffles.
    ///   - epochs: How many epochs a `DefaultSampler` has.
    public func makeSampler(
        shuffle: Bool? = nil, seed: UInt64 = 0, epochs: Int = 1
    ) -> any Sampler {
        let shuffles = shuffle ?? sampler.shuffles
        switch sampler {
        case .infinite: return .infinite(shuffle: shuffles, seed: seed)
        case .epochs: return .epochs(epochs, shuffle: shuffles, seed: seed)
        case .fixedBatches(let repeats, let batchSize, _, _):
            return .fixedBatchMultiSource(
                repeats: repeats, batchSize: batchSize, shuffle: shuffles,
                seed: Int(truncatingIfNeeded: seed))
        }
    }

    /// The order exactly as Python's sampler draws it.
    /// - Parameters:
    ///   - shuffle: Whether it is shuffled; as configured by default.
    ///   - seed: The run's seed, if the configuration's sampler has none of its own.
    ///   - worldSize: The number of ranks, which a `DefaultSampler` rounds up to.
    ///   - epochs: How many epochs a `DefaultSampler` has.
    public func referenceSampler(
        shuffle: Bool? = nil, seed: UInt64 = 0, worldSize: Int = 1, epochs: Int = 1
    ) -> any Sampler {
        let shuffles = shuffle ?? sampler.shuffles
        let runSeed = Int(truncatingIfNeeded: seed)
        let seed =
            sampler.seed ?? (drawsOrderSeed ? ReferenceMode.orderSeed(ofRun: runSeed) : runSeed)
        switch sampler {
        case .infinite: return .torchInfinite(shuffle: shuffles, seed: seed)
        case .epochs(_, _, let roundsUp):
            return .torchDefault(
                shuffle: shuffles, seed: seed, epochs: epochs, roundUp: roundsUp,
                worldSize: worldSize)
        case .fixedBatches(let repeats, let batchSize, _, _):
            return .fixedBatchMultiSource(
                repeats: repeats, batchSize: batchSize, shuffle: shuffles, seed: seed)
        }
    }
}
