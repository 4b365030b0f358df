/// A sample in its place in the order.
public struct LoadedSample<Sample: Sendable>: Sendable {
    /// The place in the stream of samples, all ranks together, from 0.
    public let position: Int
    /// The index that the sampler chose.
    public let index: Int
    /// The index that was loaded: another one if that failed.
    public let used: Int
    /// Where in the batch's storage it is.
    public let slot: Int
    /// The sample.
    public let sample: Sample
    /// The indices that failed before, each with the reason.
    public let failures: [SampleFailure]

    /// Makes a sample as a loader would deliver it, for tests of what is done with batches.
    /// - Parameters:
    ///   - sample: What the data set loaded.
    ///   - index: What the sampler chose.
    ///   - position: The place in the stream; by default the index.
    ///   - used: What was loaded; by default the index.
    ///   - slot: The place in the batch's storage; 0 by default.
    ///   - failures: What failed before; nothing by default.
    public init(
        _ sample: Sample, index: Int, position: Int? = nil, used: Int? = nil, slot: Int = 0,
        failures: [SampleFailure] = []
    ) {
        (self.position, self.index, self.used) = (position ?? index, index, used ?? index)
        (self.slot, self.sample, self.failures) = (slot, sample, failures)
    }
}

/// What is known of a batch whatever it holds.
public struct BatchContext: Sendable {
    /// Its number, from 0 for the first of the run, the same on all ranks.
    public let number: Int
    /// The positions that it covers, also those of samples that were left out.
    public let positions: BatchPositions
    /// What couldn't be loaded, replaced or left out, in the order of the samples.
    public let failures: [SampleFailure]
    /// Where to go on after it.
    public let resumePoint: ResumePoint
    /// In the reference mode, which of Python's workers loads it; else `nil`.
    public let worker: Int?
    /// The epoch of the order that it begins in, from 0, the same on all ranks; `nil` for an order
    /// without epochs.
    public let epoch: Int?
    /// Its number among the batches that begin in that epoch, from 0.
    public let numberInEpoch: Int?

    /// Makes what a loader would tell of a batch, for tests of what is done with batches.
    /// - Parameters:
    ///   - number: The batch's number; 0 by default.
    ///   - positions: What it covers; nothing by default.
    ///   - failures: What failed; nothing by default.
    ///   - resumePoint: Where to go on; by default the beginning of a list.
    ///   - worker: The worker of a Python run, if it is one.
    ///   - epoch: The epoch that the batch begins in; `nil` by default.
    ///   - numberInEpoch: Which batch of that epoch it is; `nil` by default.
    public init(
        number: Int = 0, positions: BatchPositions = BatchPositions(start: 0, count: 0),
        failures: [SampleFailure] = [], resumePoint: ResumePoint = ResumePoint(),
        worker: Int? = nil, epoch: Int? = nil, numberInEpoch: Int? = nil
    ) {
        (self.number, self.positions, self.failures) = (number, positions, failures)
        (self.resumePoint, self.worker) = (resumePoint, worker)
        (self.epoch, self.numberInEpoch) = (epoch, numberInEpoch)
    }
}

/// Samples of a data set that makes nothing else of them.
public struct SampleBatch<Sample: Sendable>: Sendable, RandomAccessCollection {
    /// The samples that could be loaded, in order.
    public let samples: [LoadedSample<Sample>]
    /// Number, positions, failures, and where to go on.
    public let context: BatchContext

    /// Makes a batch; of nothing but samples, with the context of a first batch.
    public init(samples: [LoadedSample<Sample>], context: BatchContext = BatchContext()) {
        (self.samples, self.context) = (samples, context)
    }

    /// The epoch that it begins in; `nil` for an order without epochs.
    public var epoch: Int? { context.epoch }
    /// Its number in that epoch.
    public var numberInEpoch: Int? { context.numberInEpoch }

    /// Samples are counted from 0, whatever their positions.
    public var startIndex: Int { 0 }
    /// How many samples there are: fewer than positions if some were left out.
    public var endIndex: Int { samples.count }
    /// A sample by its place in the batch.
    public subscript(place: Int) -> LoadedSample<Sample> { samples[place] }
}
