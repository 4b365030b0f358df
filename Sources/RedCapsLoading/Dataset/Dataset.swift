/// Samples by index that a `DataLoader` can load: all that the loader needs to know.
///
/// Only `count` and `load` must be given. A data set with large samples has its `Storage`: memory
/// for a whole batch, into which each sample is written where it belongs, so that nothing is copied.
/// One with costly decoders has its `Workspace`, one for each thread. One that reads from slow disks
/// has its `Files`, which are read ahead by threads of their own.
public protocol Dataset: Sendable {
    /// What is known of one sample, besides what was written into the storage.
    associatedtype Sample: Sendable
    /// What the loader delivers.
    associatedtype Batch: Sendable = SampleBatch<Sample>
    /// Memory for the samples of one batch.
    associatedtype Storage: Sendable = Void
    /// What a thread keeps from sample to sample.
    associatedtype Workspace = Void
    /// What is read of one sample before it is loaded; memory that is used again and again.
    associatedtype Files: Sendable = Void

    /// The number of samples.
    var count: Int { get }

    /// What tells this data set from any other; states are resumed with an equal one only.
    var fingerprint: UInt64 { get }

    /// How the samples are grouped, for samplers that make use of it.
    var layout: DatasetLayout { get }

    /// Makes what one thread keeps from sample to sample.
    /// - Parameter probe: Where the thread may tell what it is at.
    func makeWorkspace(probe: LoadingProbe) throws -> Workspace

    /// Makes the memory of one batch.
    /// - Throws: If there is none; the loader then ends with that error.
    func makeStorage(slots: Int) throws -> Storage

    /// Loads a sample. Called from several threads at once, for different slots.
    /// - Parameters:
    ///   - index: Which sample, in `0 ..< count`.
    ///   - draws: All randomness that the sample may use.
    ///   - storage: The memory of the batch.
    ///   - slot: The sample's place in the storage.
    ///   - workspace: The calling thread's own.
    /// - Throws: Whatever makes the sample unusable. What it has drawn until then stays drawn.
    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Storage, slot: Int,
        workspace: Workspace
    ) throws -> Sample

    /// The sample to try in the place of one that failed.
    func replacement(for index: Int, draws: inout some SampleDraws) -> Int

    /// Makes a batch of the samples that are there; their slots tell where in the storage they are.
    func collate(
        _ samples: [LoadedSample<Sample>], in storage: Storage, context: BatchContext
    ) -> Batch

    /// Makes memory for the files of one sample.
    func makeFiles() -> Files

    /// Reads a sample's files, on a thread that does nothing else. What fails here fails when the
    /// sample is loaded.
    func readFiles(of index: Int, into files: inout Files, probe: LoadingProbe)

    /// Gives a thread the files of the sample that it is about to load, for those that it holds.
    func exchange(_ files: inout Files, with workspace: Workspace)

    /// Says where a stage of a sample takes place, as in `00123.tar!00123/x.jpg at byte 512`.
    func place(of index: Int, stage: LoadingStage) -> String
}

extension Dataset {
    /// A number made of the count.
    public var fingerprint: UInt64 { UInt64(count) &* 0x9E37_79B9_7F4A_7C15 }

    /// All samples as one group.
    public var layout: DatasetLayout { DatasetLayout(count: count) }

    /// Any sample, drawn as Python's `random.choice(range(count))` draws it in the reference mode.
    public func replacement(for index: Int, draws: inout some SampleDraws) -> Int {
        draws.integer(below: count)
    }

    /// The index.
    public func place(of index: Int, stage: LoadingStage) -> String { "sample \(index)" }

    /// A workspace for a thread of one's own, outside a loader.
    public func makeWorkspace() throws -> Workspace { try makeWorkspace(probe: LoadingProbe()) }
}

extension Dataset where Storage == Void {
    /// Nothing: the samples hold all there is.
    public func makeStorage(slots: Int) {}
}

extension Dataset where Workspace == Void {
    /// Nothing: a worker needs no memory of its own.
    public func makeWorkspace(probe: LoadingProbe) {}
}

extension Dataset where Files == Void {
    /// Nothing: loading reads what it needs.
    public func makeFiles() {}
    /// Nothing.
    public func readFiles(of index: Int, into files: inout Void, probe: LoadingProbe) {}
    /// Nothing.
    public func exchange(_ files: inout Void, with workspace: Workspace) {}
}

extension Dataset where Batch == SampleBatch<Sample> {
    /// The samples as they are.
    public func collate(
        _ samples: [LoadedSample<Sample>], in storage: Storage, context: BatchContext
    ) -> SampleBatch<Sample> {
        SampleBatch(samples: samples, context: context)
    }
}

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

    package init(
        position: Int, index: Int, used: Int, slot: Int, sample: Sample, failures: [SampleFailure]
    ) {
        (self.position, self.index, self.used, self.slot) = (position, index, used, slot)
        (self.sample, self.failures) = (sample, failures)
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
    /// In the reference mode, which of Python's workers loads it.
    public let worker: Int?
}

/// Samples of a data set that makes nothing else of them.
public struct SampleBatch<Sample: Sendable>: Sendable, RandomAccessCollection {
    /// The samples that could be loaded, in order.
    public let samples: [LoadedSample<Sample>]
    /// Number, positions, failures, and where to go on.
    public let context: BatchContext

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of samples.
    public var endIndex: Int { samples.count }
    /// A sample.
    public subscript(place: Int) -> LoadedSample<Sample> { samples[place] }
}

extension Dataset {
    /// Loads a sample or another one in its place, as the reference does.
    /// - Parameter attempts: How many to try, the first included.
    /// - Throws: `TooManyFailures`.
    public func load(
        _ index: Int, position: Int, draws: inout some SampleDraws, attempts: Int,
        into storage: Storage, slot: Int, workspace: Workspace
    ) throws(TooManyFailures) -> LoadedSample<Sample> {
        var failures: [SampleFailure] = []
        var used = index
        while true {
            do {
                let sample = try load(
                    used, draws: &draws, into: storage, slot: slot, workspace: workspace)
                return LoadedSample(
                    position: position, index: index, used: used, slot: slot, sample: sample,
                    failures: failures)
            } catch {
                failures.append(SampleFailure(position: position, index: used, error: error))
            }
            guard failures.count < attempts else {
                throw TooManyFailures(failures: failures, count: failures.count)
            }
            used = replacement(for: index, draws: &draws)
        }
    }
}
