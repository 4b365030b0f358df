/// A sampler with Python's epochs, of which in the reference mode each begins with a new batch.
protocol EpochSampler: Sampler {}

/// What a run's options say about who owns the draws of its batches.
struct DrawRules {
    /// `nil` outside the reference mode.
    let mode: ReferenceMode?
    let seed: UInt64
    let sampler: any Sampler
    let batchSize: Int
    let dropsLast: Bool
    let context: DistributedContext
    /// Whether some batches are left out, at the beginning or later.
    let leavesOutBatches: Bool

    /// What names the draws in a state.
    var identity: String { mode?.identity ?? PositionalDraws.identity }

    /// What a state has besides at the beginning of a run.
    var start: ResumePoint.ReferenceState? {
        mode.map {
            .start($0, rank: context.rank, worldSize: context.worldSize, batchSize: batchSize)
        }
    }

    /// Makes sure that batches can be had as the mode wants them.
    /// - Throws: `LoaderError` for batches to be skipped where each depends on those before it, and
    ///   outside the reference mode for epochs that can't be shared out among the ranks.
    func check(over layout: DatasetLayout) throws(LoaderError) {
        guard mode == nil else {
            guard !leavesOutBatches else {
                throw LoaderError(
                    "in the reference mode a batch depends on those before it: none can be skipped")
            }
            return
        }
        guard sampler is any EpochSampler, let epoch = sampler.samplesPerEpoch(over: layout) else {
            return
        }
        guard sampler.length(over: layout) != epoch, !epoch.isMultiple(of: context.worldSize)
        else { return }
        throw LoaderError(
            "epochs of \(epoch) samples give \(context.worldSize) ranks unequal shares without "
                + "rounding up; load one epoch at a time, or in the reference mode")
    }

    /// The epochs that begin with a new batch each; `nil` if batches go across.
    func epochs(over layout: DatasetLayout) -> EpochPlan? {
        guard mode != nil else { return nil }
        let length =
            sampler is any EpochSampler
            ? sampler.samplesPerEpoch(over: layout) : sampler.length(over: layout)
        return length.flatMap { length in
            guard length < .max else { return nil }
            return EpochPlan(
                length: length, batchSize: batchSize, rank: context.rank,
                worldSize: context.worldSize, dropsLast: dropsLast)
        }
    }

    /// Who owns the draws of a run that begins at a point.
    func policy(from start: ResumePoint, epochs: EpochPlan?) -> DrawPolicy {
        guard let mode else { return .positional(seed: seed) }
        return .perStream(
            mode, seed: seed, rank: context.rank, epochs: epochs, from: start.reference,
            at: start.batch)
    }
}
