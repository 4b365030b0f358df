public import RedCapsBase
import RedCapsImage
import RedCapsLoading
public import RedCapsTokenizers
public import Logging
import RedCapsTar

/// Images with captions, as the reference's `CaptionDataset` gives them, straight from tar shards,
/// from an unpacked tree, or from anywhere else through a `FileStore`.
///
/// Any sample can be loaded at any time, from any thread.
public final class CaptionDataset: Dataset {
    /// What it was made with.
    public let configuration: CaptionDatasetConfiguration
    /// The id that pads prompts in a batch.
    public let padIndex: Int
    /// What tells this data set's samples and their order from any other's: the same for the same
    /// list, wherever it lies, with the same samples left out.
    public let fingerprint: UInt64

    /// Where its samples' files are.
    private let samples: SampleIndex
    /// Whether something of a shard on this machine is lost.
    package var hasDamagedShards: Bool { Self.hasLosses(samples) }
    /// The entries of the list that are left out.
    private let omitted: SkippedEntries
    let prompts: PromptEncoder
    /// How files become pixels.
    public let imageOptions: ImageOptions
    private let pool = PixelPool()
    /// The lengths of the runs of samples in one shard, once somebody has asked.
    private let shards = ConditionLock<[Int]?>(nil)

    /// Opens a data set: finds its index, or builds it first.
    /// - Parameters:
    ///   - configuration: What to load.
    ///   - root: The folder that relative paths of the configuration are relative to; `nil` for the
    ///     working directory.
    ///   - tokenizer: Instead of the one that the configuration names.
    ///   - imageOptions: How files become pixels.
    ///   - padIndex: The id that pads prompts in a batch.
    ///   - missing: What to do about samples whose files are in no shard.
    ///   - excluding: Samples to leave out.
    ///   - cancellation: Stops the building of an index within a second.
    ///   - progress: Told after each shard that an index is built of.
    ///   - logger: Told about damaged shards and missing files, once each.
    /// - Throws: `ConfigurationError`, `TokenizerError`, `ManifestError`, `SkipListError` or
    ///   `StoreError` with the place.
    public convenience init(
        _ configuration: CaptionDatasetConfiguration, root: String? = nil,
        tokenizer: (any CaptionTokenizer)? = nil, imageOptions: ImageOptions = ImageOptions(),
        padIndex: Int = 0, missing: MissingPolicy = .failSample,
        excluding: SkipList = SkipList(),
        cancellation: Cancellation? = nil, progress: ((IndexProgress) -> Void)? = nil,
        logger: Logger = Logger(label: "RedCaps")
    ) throws {
        func resolve(_ path: String?, _ key: String) throws -> String {
            let resolved = try Self.path(path, key, in: root)
            try Self.checkExistence(of: resolved, path ?? "", key, in: root)
            return resolved
        }
        let index = try SampleIndex(
            list: resolve(configuration.dataPath, "data_path"),
            images: resolve(configuration.imageFolder, "image_folder"),
            annotations: resolve(configuration.captionFolder, "cap_folder"),
            cancellation: cancellation, progress: progress)
        index.report(to: logger, missing)
        try self.init(
            configuration, index, missing, excluding, tokenizer: tokenizer, root: root,
            imageOptions: imageOptions, padIndex: padIndex)
    }

    /// Opens a data set whose files lie in any stores: finds its index, or locates all files of its
    /// list first.
    ///
    /// - Parameters:
    ///   - configuration: What to load; of its paths only that of the list counts.
    ///   - root: The folder that the list's path is relative to; `nil` for the working directory.
    ///   - stores: Where the files of each part are. An image's and an annotation's are needed; each
    ///     further part must have a path in the list's entries under its name, and comes with each
    ///     sample as `CaptionSample.parts`.
    ///   - tokenizer: Instead of the one that the configuration names.
    ///   - imageOptions: How files become pixels.
    ///   - padIndex: The id that pads prompts in a batch.
    ///   - missing: What to do about samples that the stores say they don't have.
    ///   - excluding: Samples to leave out.
    ///   - cancellation: Stops the building of an index.
    ///   - logger: Told about missing files.
    /// - Throws: `ConfigurationError`, `ManifestError`, `SkipListError`, or `StoreError` with the
    ///   place if a store couldn't look: that is no missing file.
    public convenience init(
        _ configuration: CaptionDatasetConfiguration, root: String? = nil,
        stores: [SamplePart: any FileStore], tokenizer: (any CaptionTokenizer)? = nil,
        imageOptions: ImageOptions = ImageOptions(), padIndex: Int = 0,
        missing: MissingPolicy = .failSample, excluding: SkipList = SkipList(),
        cancellation: Cancellation? = nil, logger: Logger = Logger(label: "RedCaps")
    ) throws {
        let index = try SampleIndex(
            list: Self.path(configuration.dataPath, "data_path", in: root), stores: stores,
            cancellation: cancellation)
        index.report(to: logger, missing)
        try self.init(
            configuration, index, missing, excluding, tokenizer: tokenizer, root: root,
            imageOptions: imageOptions, padIndex: padIndex)
    }

    /// Makes a data set of a list in memory and of stores; all files are located at once.
    /// - Parameters:
    ///   - configuration: What to load; its paths don't count.
    ///   - manifest: The samples.
    ///   - images: Where their images are.
    ///   - annotations: Where their annotations are.
    ///   - parts: Where the files of further parts are, which come with each sample as
    ///     `CaptionSample.parts`.
    ///   - tokenizer: Instead of the one that the configuration names.
    ///   - imageOptions: How files become pixels.
    ///   - padIndex: The id that pads prompts in a batch.
    ///   - missing: What to do about samples that the stores say they don't have.
    ///   - logger: Told about missing files.
    /// - Throws: `ConfigurationError` if there is no tokenizer or no sample, or a value of the
    ///   configuration makes no sense; `StoreError` with the place if a store couldn't look.
    public convenience init(
        _ configuration: CaptionDatasetConfiguration, manifest: Manifest, images: any FileStore,
        annotations: any FileStore, parts: [SamplePart: any FileStore] = [:],
        tokenizer: (any CaptionTokenizer)? = nil, imageOptions: ImageOptions = ImageOptions(),
        padIndex: Int = 0, missing: MissingPolicy = .failSample,
        logger: Logger = Logger(label: "RedCaps")
    ) throws {
        for part in [SamplePart.image, .annotation] where parts[part] != nil {
            throw StoreError(
                .invalid, file: "\(part)", reason: "no further part; it has an argument of its own")
        }
        let stores = parts.merging([.image: images, .annotation: annotations]) { $1 }
        let index = try SampleIndex(manifest, stores: stores)
        missing.report(index.missingCount, of: manifest.count, to: logger)
        try self.init(
            configuration, index, missing, tokenizer: tokenizer, imageOptions: imageOptions,
            padIndex: padIndex)
    }

    private static func path(
        _ path: String?, _ key: String, in root: String?
    ) throws(ConfigurationError) -> String {
        guard let path else { throw ConfigurationError(key, "a string is needed") }
        return root.map { FilePath.joined($0, path) } ?? path
    }

    /// - Throws: `StoreError` that says why there is nothing at a path.
    private static func checkExistence(
        of resolved: String, _ path: String, _ key: String, in root: String?
    ) throws(StoreError) {
        guard !Disk.exists(resolved) else { return }
        var reason = "\(key) = \"\(path)\": there is nothing of this name"
        if let target = Disk.target(ofLink: resolved) {
            reason = "\(key) = \"\(path)\": a link that leads nowhere, to \(target)"
        } else if path.hasPrefix("~") {
            reason += "; a ~ stands for the home folder in a shell only"
        } else if !path.hasPrefix("/") {
            let base = root.map { "the root \($0)" } ?? "the working directory"
            reason += "; relative paths are relative to \(base) (--root gives another)"
        }
        throw StoreError(.missing, file: resolved, reason: reason)
    }

    private init(
        _ configuration: CaptionDatasetConfiguration, _ samples: SampleIndex,
        _ missing: MissingPolicy, _ excluding: SkipList = SkipList(),
        tokenizer: (any CaptionTokenizer)?, root: String? = nil, imageOptions: ImageOptions,
        padIndex: Int
    ) throws {
        let excluded = try excluding.entries(of: samples)
        let absent = missing == .dropAtOpen ? try samples.missingSamples() : []
        let omitted = SkippedEntries(absent + excluded)
        try configuration.check()
        guard let tokenizer = try tokenizer ?? configuration.tokenizer?.makeTokenizer(root: root)
        else {
            throw ConfigurationError("tokenizer", "a tokenizer is needed")
        }
        try Self.check(samples, configuration, excluding: excluded)
        guard samples.count > omitted.count else {
            throw ConfigurationError(
                "data_path", value: configuration.dataPath.map { "\"\($0)\"" },
                samples.count == 0
                    ? "the list has no samples" : "all \(samples.count) samples are left out")
        }
        _ = try Workspace(imageOptions, LoadingProbe())
        self.configuration = configuration
        self.samples = samples
        self.omitted = omitted
        prompts = try PromptEncoder(configuration, tokenizer)
        self.imageOptions = imageOptions
        self.padIndex = padIndex
        fingerprint = omitted.fingerprint(samples.fingerprint)
    }

    /// The number of samples.
    public var count: Int { samples.count - omitted.count }

    /// The number of samples, and which of them lie in one shard.
    ///
    /// The shards are looked up when they are first asked for, which reads the index once. They are
    /// refused if the list isn't in their order.
    public var layout: DatasetLayout {
        let (samples, omitted, shards) = (samples, omitted, shards)
        return DatasetLayout(count: count) {
            try shards.update { shards in
                if let shards { return shards }
                let found = try samples.imageRuns(omitting: omitted.all).inOrder()
                shards = found
                return found
            }
        }
    }

    /// The paths of a sample's image and annotation as the list has them; empty where it has none.
    /// - Throws: `StoreError` if the index can't be read.
    public func paths(of index: Int) throws -> (image: String, annotation: String) {
        try samples.paths(omitted.entry(index))
    }

    /// A decoder, its scratch memory and a read buffer for one worker.
    public func makeWorkspace(probe: LoadingProbe) throws -> Workspace {
        try Workspace(imageOptions, probe, pool: pool)
    }

    /// Buffers for an image and its annotation.
    public func makeFiles() -> SampleFiles { SampleFiles() }

    /// Reads a sample's image and annotation.
    public func readFiles(of index: Int, into files: inout SampleFiles, probe: LoadingProbe) {
        guard let entry = entry(of: index) else { return }
        files.read(entry, of: samples, index: index, probe: probe)
    }

    /// Gives a thread what was read for it.
    public func exchange(_ files: inout SampleFiles, with workspace: Workspace) {
        swap(&files, &workspace.files)
    }

    /// The shard, member and offset of the file that a stage works on.
    public func place(of index: Int, stage: LoadingStage) -> String {
        guard let entry = entry(of: index) else { return "sample \(index)" }
        return samples.place(stage == .tokenize ? .annotation : .image, of: entry)
    }

    /// The list's entry of a sample; `nil` if there is no such sample.
    private func entry(of index: Int) -> Int? {
        let index = configuration.python.alwaysLoadsFirst ? 0 : index
        return (0..<count).contains(index) ? omitted.entry(index) : nil
    }

    /// Memory for the pixels of a batch, from a pool.
    /// - Throws: `ImageError` with `noMemory`.
    public func makeStorage(for batch: PlannedBatch) throws -> PixelStorage {
        try PixelStorage(
            slots: batch.slots, width: configuration.imageSize, height: configuration.imageSize,
            format: imageOptions.format, pool: pool)
    }

    /// Loads a sample: the image's square into its slot, the caption as ids.
    ///
    /// Draws, in this order: where the square lies along the longer edge; whether the caption is
    /// dropped; whether the square is mirrored, if that was asked for. A failure has drawn as much as the reference's: nothing if it is the image's, the
    /// square's place if it is the annotation's, both if it is the text's.
    /// - Throws: `SampleError`.
    public func load(
        _ index: Int, draws: inout some SampleDraws, into storage: PixelStorage, slot: Int,
        workspace: Workspace
    ) throws -> CaptionSample {
        guard let entry = entry(of: index) else {
            throw SampleError(
                index: index, stage: .image, path: "",
                cause: ManifestError(
                    file: configuration.dataPath ?? "the manifest", reason: "has \(count) samples"))
        }
        let index = configuration.python.alwaysLoadsFirst ? 0 : index
        let files = workspace.files
        if files.entry != entry {
            files.read(entry, of: samples, index: index, probe: workspace.probe)
        }
        // Read again when it is asked for again: the files may be others by then.
        files.entry = nil
        func failed(_ stage: SampleError.Stage, _ part: SamplePart, _ cause: any Error)
            -> SampleError
        {
            let path = (try? samples.path(part, of: entry)) ?? ""
            return SampleError(index: index, stage: stage, path: path, cause: cause)
        }
        let before = draws
        let image: LoadedImage
        do {
            if let failure = files.image.failure { throw failure }
            image = try workspace.measuringDecoding(of: index) {
                try decodeImage(&draws, into: storage, slot, workspace)
            }
        } catch {
            draws = before
            throw failed(.image, .image, error)
        }
        let caption: Annotation.Caption
        do {
            caption = try Annotation.caption(
                in: files.annotation.bytes(), configuration.captionFormat)
        } catch {
            throw failed(.annotation, .annotation, error)
        }
        var parts: [SamplePart: [UInt8]] = [:]
        for (part, file) in zip(samples.parts, files.parts).dropFirst(2) {
            do { parts[part] = try file.bytes() } catch { throw failed(.part, part, error) }
        }
        let isDropped = draws.unitInterval() < configuration.captionDropout
        if imageOptions.mirrorProbability > 0 { _ = draws.unitInterval() }
        let ids: [Int]
        do {
            ids = try workspace.probe.measure(.tokenize, of: index) {
                try encode(caption, isDropped: isDropped)
            }
        } catch {
            throw failed(.text, .annotation, error)
        }
        return CaptionSample(
            index: index, imageFile: files.imagePath,
            imageFolder: configuration.imageFolder ?? "",
            sourceSize: (image.header.width, image.header.height), crop: image.crop,
            isMirrored: image.isMirrored, isDropped: isDropped, caption: caption.text,
            inputIDs: ids, parts: parts)
    }

    /// Pads the ids with the padding id and takes the pixels over, without a copy unless samples were
    /// left out: those after them then move up.
    public func collate(
        _ samples: [LoadedSample<CaptionSample>], in storage: PixelStorage, context: BatchContext
    ) -> CaptionBatch {
        CaptionBatch(
            samples, pixelValues: PixelTensor(storage, of: samples), padIndex: padIndex,
            context: context)
    }
}
