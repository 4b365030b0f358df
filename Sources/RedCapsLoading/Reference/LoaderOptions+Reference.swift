/// A sampler with Python's epochs, of which in the reference mode each begins with a new batch.
protocol EpochSampler: Sampler {
    /// How many positions there are to an epoch, all ranks together.
    func epochLength(over layout: DatasetLayout) -> Int
}

extension LoaderOptions {
    /// What names the draws in a state.
    var drawsIdentity: String { reference?.identity ?? PositionalDraws.identity }

    /// What a state has besides at the beginning of a run.
    var referenceStart: ResumePoint.ReferenceState? {
        reference.map {
            .start(
                $0, rank: context.rank, worldSize: context.worldSize, batchSize: batchSize)
        }
    }

    /// Makes sure that batches can be had as the mode wants them.
    /// - Throws: `LoaderError` for batches to be skipped where each depends on those before it, and
    ///   outside the reference mode for epochs that can't be shared out among the ranks.
    func checkReference(over layout: DatasetLayout) throws(LoaderError) {
        guard reference == nil else {
            guard firstBatch == nil, skippedBatches.isEmpty else {
                throw LoaderError(
                    "in the reference mode a batch depends on those before it: none can be skipped")
            }
            return
        }
        guard let sampler = sampler as? any EpochSampler else { return }
        let epoch = sampler.epochLength(over: layout)
        guard sampler.length(over: layout) != epoch, !epoch.isMultiple(of: context.worldSize)
        else { return }
        throw LoaderError(
            "epochs of \(epoch) samples give \(context.worldSize) ranks unequal shares without "
                + "rounding up; load one epoch at a time, or in the reference mode")
    }

    /// The epochs that begin with a new batch each; `nil` if batches go across.
    func epochPlan(over layout: DatasetLayout) -> EpochPlan? {
        guard reference != nil else { return nil }
        let length =
            (sampler as? any EpochSampler)?.epochLength(over: layout)
            ?? sampler.length(over: layout).flatMap { $0 < .max ? $0 : nil }
        return length.map {
            EpochPlan(
                length: $0, batchSize: batchSize, rank: context.rank,
                worldSize: context.worldSize, dropsLast: dropsLast)
        }
    }

    /// Who owns the draws of a run that begins at a point.
    func drawPolicy(from start: ResumePoint, epochs: EpochPlan?) -> DrawPolicy {
        guard let reference else { return .positional(seed: seed) }
        return .perStream(
            reference, seed: seed, rank: context.rank, epochs: epochs, from: start.reference,
            at: start.batch)
    }
}
