/// Samples by index that a `DataLoader` can load: all that the loader needs to know.
///
/// Only `count` and `load` must be given. A data set with large samples has its `Storage`: memory
/// for a whole batch, into which each sample is written where it belongs, so that nothing is copied.
/// One with costly decoders has its `Workspace`, one for each thread. One that reads from slow disks
/// has its `Files`, which are read ahead by threads of their own.
public protocol Dataset: Sendable {
    /// What is known of one sample, besides what was written into the storage.
    associatedtype Sample: Sendable
    /// What the loader delivers; by default the samples with their places in the order.
    associatedtype Batch: Sendable = SampleBatch<Sample>
    /// Memory for the samples of one batch; by default none.
    associatedtype Storage: Sendable = Void
    /// What a thread keeps from sample to sample, such as a decoder; by default nothing.
    associatedtype Workspace = Void
    /// What is read of one sample before it is loaded, into memory that is used again and again; by
    /// default nothing, and `load` reads what it needs.
    associatedtype Files: Sendable = Void

    /// The number of samples.
    var count: Int { get }

    /// What tells this data set from any other; states are resumed with an equal one only. By default
    /// made of the count alone.
    var fingerprint: UInt64 { get }

    /// How the samples are grouped, for samplers that make use of it; by default all are one group.
    var layout: DatasetLayout { get }

    /// Makes what one thread keeps from sample to sample.
    /// - Parameter probe: Where the thread may tell what it is at.
    func makeWorkspace(probe: LoadingProbe) throws -> Workspace

    /// Makes the memory of one batch, in the shape that its samples have. Called once for each batch
    /// that is loaded, under the loader's lock: it should take memory, and do no more.
    /// - Throws: If there is none; the loader then ends with that error.
    func makeStorage(for batch: PlannedBatch) throws -> Storage

    /// Loads a sample. Called from several threads at once, for different slots.
    /// - Parameters:
    ///   - index: Which sample, in `0 ..< count`.
    ///   - draws: All randomness that the sample may use.
    ///   - storage: The memory of the batch.
    ///   - slot: The sample's place in the storage, which nobody else writes to.
    ///   - workspace: The calling thread's own.
    /// - Throws: Whatever makes the sample unusable. What it has drawn until then stays drawn.
    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Storage, slot: Int,
        workspace: Workspace
    ) throws -> Sample

    /// The sample to try in the place of one that failed: by default any, drawn as Python's
    /// `random.choice(range(count))` draws it in the reference mode. Where batches have shapes, it
    /// must fit the batch's storage.
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

    /// Swaps what a reader has read of the sample that `workspace`'s thread loads next for what that
    /// thread is done with, whose memory the reader then uses again.
    func exchange(_ files: inout Files, with workspace: Workspace)

    /// Says where a stage of a sample takes place, as in `00123.tar!00123/x.jpg at byte 512`.
    func place(of index: Int, stage: LoadingStage) -> String
}

extension Dataset {
    /// A number made of the count.
    public var fingerprint: UInt64 { UInt64(count) &* 0x9E37_79B9_7F4A_7C15 }

    /// All samples as one group.
    public var layout: DatasetLayout { DatasetLayout(count: count) }

    /// Any sample, each as likely as any other.
    public func replacement(for index: Int, draws: inout some SampleDraws) -> Int {
        draws.integer(below: count)
    }

    /// The index alone, as in `sample 3`.
    public func place(of index: Int, stage: LoadingStage) -> String { "sample \(index)" }

    /// A workspace for a thread of one's own, outside a loader.
    public func makeWorkspace() throws -> Workspace { try makeWorkspace(probe: LoadingProbe()) }
}

extension Dataset where Storage == Void {
    /// Nothing: the samples hold all there is.
    public func makeStorage(for batch: PlannedBatch) {}
}

extension Dataset where Workspace == Void {
    /// Nothing: a worker needs no memory of its own.
    public func makeWorkspace(probe: LoadingProbe) {}
}

extension Dataset where Files == Void {
    /// Nothing: loading reads what it needs.
    public func makeFiles() {}
    /// Nothing is read ahead.
    public func readFiles(of index: Int, into files: inout Void, probe: LoadingProbe) {}
    /// Nothing was read ahead.
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

extension Dataset {
    /// Loads a sample or another one in its place, as the reference does.
    /// - Parameter attempts: How many to try, the first included; by default as many as a loader
    ///   does that replaces what fails.
    /// - Throws: `TooManyFailures` with all of them.
    public func load(
        _ index: Int, position: Int, draws: inout some SampleDraws,
        attempts: Int = FailurePolicy.maximumReplacements + 1, into storage: Storage, slot: Int,
        workspace: Workspace
    ) throws(TooManyFailures) -> LoadedSample<Sample> {
        try load(
            index, position: position, draws: &draws, attempts: attempts, into: storage, slot: slot,
            workspace: workspace, isOver: { false })
    }

    /// The same for a run that may be over meanwhile.
    /// - Parameter isOver: Whether nobody wants the sample any more; asked after each failure.
    func load(
        _ index: Int, position: Int, draws: inout some SampleDraws, attempts: Int,
        into storage: Storage, slot: Int, workspace: Workspace, isOver: () -> Bool
    ) throws(TooManyFailures) -> LoadedSample<Sample> {
        var failures: [SampleFailure] = []
        var used = index
        while true {
            do {
                guard used == index || (0..<count).contains(used) else {
                    throw LoaderError(
                        "the data set has \(count) samples, and none of index \(used) to stand in")
                }
                let sample = try load(
                    used, draws: &draws, into: storage, slot: slot, workspace: workspace)
                return LoadedSample(
                    sample, index: index, position: position, used: used, slot: slot,
                    failures: failures)
            } catch {
                failures.append(SampleFailure(position: position, index: used, error: error))
            }
            guard failures.count < attempts, !isOver() else {
                throw TooManyFailures(failures: failures, count: failures.count)
            }
            used = replacement(for: index, draws: &draws)
        }
    }
}
