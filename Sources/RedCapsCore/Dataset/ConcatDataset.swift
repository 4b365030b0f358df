import RedCapsLoading

/// Several data sets of one type as one: the samples of the first, then those of the second, and so
/// on. Those are its sources.
public final class ConcatDataset<Source: Dataset>: Dataset {
    /// The data sets, in order.
    public let sources: [Source]
    /// How many neighbouring sources a sampler takes for one, each time; one each by default.
    public let groups: [Int]
    /// The index of each source's first sample, and at the end the number of all.
    private let starts: [Int]

    /// What a thread keeps from sample to sample: that of each source.
    public struct Workspace {
        /// The sources' own, in their order.
        public let sources: [Source.Workspace]
        let probe: LoadingProbe
    }

    /// What is read of one sample, and of which source it is.
    public struct Files: Sendable {
        var source: Int
        var own: Source.Files
    }

    /// Puts data sets one after the other. Batches are made by the first, in its storage: all of them
    /// must fill it in the same way.
    /// - Parameters:
    ///   - sources: The data sets.
    ///   - groups: How many neighbouring sources a sampler takes for one, each time, as when a
    ///     concatenation holds another; `nil` for one each.
    /// - Throws: `ConfigurationError` if there are none, the groups don't fit, or the images of two
    ///   caption data sets become different pixels.
    public init(_ sources: [Source], groups: [Int]? = nil) throws(ConfigurationError) {
        guard !sources.isEmpty else {
            throw ConfigurationError("datasets", "a list of data sets is needed, at least one")
        }
        let groups = groups ?? sources.map { _ in 1 }
        guard groups.reduce(0, +) == sources.count, groups.allSatisfy({ $0 > 0 }) else {
            throw ConfigurationError(
                "groups", value: "\(groups)", "must add up to the \(sources.count) data sets")
        }
        if let captions = sources as? [CaptionDataset] {
            try CaptionDataset.checkEqualPixels(captions)
        }
        self.sources = sources
        self.groups = groups
        starts = sources.reduce(into: [0]) { starts, source in
            starts.append((starts.last ?? 0) + source.count)
        }
    }

    /// The number of samples of all sources.
    public var count: Int { starts.last ?? 0 }

    /// What tells these data sets, in this order, from any others; of a single one, what tells that.
    public var fingerprint: UInt64 {
        guard sources.count > 1 else { return sources[0].fingerprint }
        return sources.reduce(0) { hash, source in
            (hash ^ source.fingerprint) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(source.count)
        }
    }

    /// The sizes of the groups, and the sources' shards one after the other.
    public var layout: DatasetLayout {
        var sizes: [Int] = []
        var source = 0
        for group in groups {
            sizes.append(starts[source + group] - starts[source])
            source += group
        }
        let layouts = sources.map(\.layout)
        return DatasetLayout(count: count, sources: sizes) {
            try layouts.flatMap { try $0.shards() }
        }
    }

    /// Where a sample is: the source that it lies in, and its index there.
    /// - Precondition: `index` is in `0 ..< count`.
    public func place(of index: Int) -> (source: Int, index: Int) {
        precondition((0..<count).contains(index), "sample \(index) of \(count)")
        // The last source that begins at or before the index, and isn't empty.
        var (low, high) = (0, sources.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        return (low, index - starts[low])
    }

    /// A sample of the source in which the one lies that can't be loaded, as the reference's data sets
    /// know nothing of each other.
    public func replacement(for index: Int, draws: inout some SampleDraws) -> Int {
        let source = place(of: index).source
        return starts[source] + draws.integer(below: starts[source + 1] - starts[source])
    }

    /// The workspaces of all sources.
    public func makeWorkspace(probe: LoadingProbe) throws -> Workspace {
        Workspace(sources: try sources.map { try $0.makeWorkspace(probe: probe) }, probe: probe)
    }

    /// The storage of the source of the batch's first sample, which hears of the samples that are its
    /// own: if each batch comes from one source, of all of them.
    public func makeStorage(for batch: PlannedBatch) throws -> Source.Storage {
        guard sources.count > 1, let first = batch.indices.first, (0..<count).contains(first) else {
            return try sources[0].makeStorage(for: batch)
        }
        let source = place(of: first).source
        let own = starts[source]..<starts[source + 1]
        return try sources[source].makeStorage(
            for: PlannedBatch(
                batch.indices.lazy.filter(own.contains).map { $0 - own.lowerBound },
                number: batch.number, positions: batch.positions, slots: batch.slots))
    }

    /// Loads a sample of one of the sources.
    public func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Source.Storage, slot: Int,
        workspace: Workspace
    ) throws -> Source.Sample {
        let place = place(of: index)
        return try workspace.probe.counting(from: starts[place.source]) {
            try sources[place.source].load(
                place.index, draws: &draws, into: storage, slot: slot,
                workspace: workspace.sources[place.source])
        }
    }

    /// The batch that the first source makes of the samples.
    public func collate(
        _ samples: [LoadedSample<Source.Sample>], in storage: Source.Storage,
        context: BatchContext
    ) -> Source.Batch {
        sources[0].collate(samples, in: storage, context: context)
    }

    /// Memory for the files of a sample.
    public func makeFiles() -> Files { Files(source: 0, own: sources[0].makeFiles()) }

    /// Reads a sample's files.
    public func readFiles(of index: Int, into files: inout Files, probe: LoadingProbe) {
        let place = place(of: index)
        files.source = place.source
        probe.counting(from: starts[place.source]) {
            sources[place.source].readFiles(of: place.index, into: &files.own, probe: probe)
        }
    }

    /// Gives a thread the files of the sample that it is about to load.
    public func exchange(_ files: inout Files, with workspace: Workspace) {
        sources[files.source].exchange(&files.own, with: workspace.sources[files.source])
    }

    /// Where a stage of a sample takes place, as its source has it.
    public func place(of index: Int, stage: LoadingStage) -> String {
        guard (0..<count).contains(index) else { return "sample \(index)" }
        let place = place(of: index)
        return sources[place.source].place(of: place.index, stage: stage)
    }
}
