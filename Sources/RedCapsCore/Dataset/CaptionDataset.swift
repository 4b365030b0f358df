public import Logging

/// Images with captions, as the reference's `CaptionDataset` gives them, straight from tar shards,
/// from an unpacked tree, or from anywhere else through a `FileStore`.
///
/// Any sample can be loaded at any time, from any thread.
public final class CaptionDataset: Dataset {
    /// What it was made with.
    public let configuration: CaptionDatasetConfiguration
    /// The id that pads prompts in a batch.
    public let padIndex: Int
    /// The list of samples.
    public let manifest: Manifest

    private let images: any FileStore
    private let annotations: any FileStore
    private let tokenizer: any CaptionTokenizer
    private let locations: [Locations]
    private let pool = PixelPool()

    /// Where a sample's files are; `nil` for one that isn't there.
    private struct Locations: Sendable {
        let image: FileLocation?
        let annotation: FileLocation?
    }

    /// What a thread keeps from sample to sample: a buffer for files, and a decoder.
    public final class Workspace {
        var file = ReadBuffer()
        let reader: SquareImageReader
        /// Whether `imageBytes` keeps each sample's S × S × 3 bytes.
        public var keepsImageBytes: Bool {
            get { reader.keepsBytes }
            set { reader.keepsBytes = newValue }
        }
        /// The last image after resampling and before normalising, if `keepsImageBytes` is set.
        public var imageBytes: [UInt8] { reader.bytes }

        init(imageSize: Int) throws(ImageError) {
            reader = try SquareImageReader(imageSize: imageSize)
        }
    }

    /// Opens a data set: reads its list, indexes the tars and finds every file.
    /// - Parameters:
    ///   - configuration: What to load.
    ///   - root: The folder that relative paths of the configuration are relative to; `nil` for the
    ///     working directory.
    ///   - tokenizer: Instead of the one that the configuration names.
    ///   - padIndex: The id that pads prompts in a batch.
    ///   - logger: Told about damaged shards and missing files, once each.
    /// - Throws: `ConfigurationError`, `ManifestError` or `StoreError` with the place.
    public convenience init(
        _ configuration: CaptionDatasetConfiguration, root: String? = nil,
        tokenizer: (any CaptionTokenizer)? = nil, padIndex: Int = 0,
        logger: Logger = Logger(label: "RedCaps")
    ) throws {
        func resolve(_ path: String) -> String {
            guard let root, !path.hasPrefix("/") else { return path }
            return root.hasSuffix("/") ? root + path : root + "/" + path
        }
        let images = try RawFolder(resolve(configuration.imageFolder))
        let annotations =
            configuration.captionFolder == configuration.imageFolder
            ? images : try RawFolder(resolve(configuration.captionFolder))
        let folders =
            configuration.captionFolder == configuration.imageFolder
            ? [images] : [images, annotations]
        for shard in folders.flatMap({ $0.index?.shards ?? [] }) {
            if let failure = shard.failure { logger.warning("\(failure)") }
        }
        try self.init(
            configuration, manifest: try Manifest(path: resolve(configuration.dataPath)),
            images: images, annotations: annotations, tokenizer: tokenizer, padIndex: padIndex,
            logger: logger)
    }

    /// Makes a data set of a list and of stores.
    /// - Throws: `ConfigurationError` if there is no tokenizer or no sample, or the image size can't
    ///   be made.
    public init(
        _ configuration: CaptionDatasetConfiguration, manifest: Manifest, images: any FileStore,
        annotations: any FileStore, tokenizer: (any CaptionTokenizer)? = nil, padIndex: Int = 0,
        logger: Logger = Logger(label: "RedCaps")
    ) throws {
        guard let tokenizer = try tokenizer ?? configuration.tokenizer?.makeTokenizer() else {
            throw ConfigurationError("tokenizer", "a tokenizer is needed")
        }
        guard manifest.count > 0 else {
            throw ConfigurationError(
                "data_path", value: "\"\(configuration.dataPath)\"", "the list has no samples")
        }
        _ = try Workspace(imageSize: configuration.imageSize)
        self.configuration = configuration
        self.manifest = manifest
        self.images = images
        self.annotations = annotations
        self.tokenizer = tokenizer
        self.padIndex = padIndex
        locations = (0..<manifest.count).map { index in
            Locations(
                image: try? images.locate(manifest.image(index)),
                annotation: try? annotations.locate(manifest.annotation(index)))
        }
        let missing = locations.count { $0.image == nil || $0.annotation == nil }
        if missing > 0 {
            logger.warning(
                "\(missing) of \(manifest.count) samples lack their image or annotation; they fail when used"
            )
        }
    }

    /// The number of samples.
    public var count: Int { manifest.count }

    /// A decoder, its scratch memory and a read buffer for one worker.
    public func makeWorkspace() throws -> Workspace {
        try Workspace(imageSize: configuration.imageSize)
    }

    /// Memory for the pixels of a batch, from a pool.
    /// - Throws: `ImageError` with `noMemory`.
    public func makeStorage(slots: Int) throws -> PixelStorage {
        try PixelStorage(slots: slots, imageSize: configuration.imageSize, pool: pool)
    }

    /// Loads a sample: the image's square into its slot, the caption as ids.
    ///
    /// Draws, in this order: where the square lies along the longer edge; whether the caption is
    /// dropped. A failure has drawn as much as the reference's: nothing if it is the image's, the
    /// square's place if it is the annotation's, both if it is the text's.
    /// - Throws: `SampleError`.
    public func load(
        _ index: Int, draws: inout some SampleDraws, into storage: PixelStorage, slot: Int,
        workspace: Workspace
    ) throws -> CaptionSample {
        let index = configuration.alwaysLoadsFirst ? 0 : index
        guard (0..<count).contains(index) else {
            throw SampleError(
                index: index, stage: .image, path: "",
                cause: ManifestError(file: configuration.dataPath, reason: "has \(count) samples"))
        }
        let before = draws
        let image: (header: ImageHeader, crop: PixelRegion)
        do {
            image = try loadImage(index, &draws, into: storage, slot, workspace)
        } catch {
            draws = before
            throw SampleError(
                index: index, stage: .image, path: manifest.image(index), cause: error)
        }
        let caption: Annotation.Caption
        do {
            caption = try loadCaption(index, workspace)
        } catch {
            throw SampleError(
                index: index, stage: .annotation, path: manifest.annotation(index), cause: error)
        }
        let isDropped = draws.unitInterval() < configuration.captionDropout
        let ids: [Int]
        do {
            ids = try encode(caption, isDropped: isDropped)
        } catch {
            throw SampleError(
                index: index, stage: .text, path: manifest.annotation(index), cause: error)
        }
        return CaptionSample(
            index: index, imageFile: manifest.image(index),
            imageFolder: configuration.imageFolder,
            sourceSize: (image.header.width, image.header.height), crop: image.crop,
            isDropped: isDropped, caption: caption.text, inputIDs: ids)
    }

    /// Pads the ids with the padding id and takes the pixels over, without a copy.
    public func collate(
        _ samples: [LoadedSample<CaptionSample>], in storage: PixelStorage
    ) -> CaptionBatch {
        CaptionBatch(
            samples, pixels: PixelTensor(storage, count: samples.count), padIndex: padIndex)
    }

    /// Loads one sample with the draws of a position; comfort for looking at data, not for training.
    /// - Returns: The sample and its 3 × S × S floats.
    /// - Throws: `SampleError`.
    public func sample(
        at index: Int, seed: UInt64 = 0, position: Int? = nil
    ) throws -> (sample: CaptionSample, pixelValues: PixelTensor) {
        var draws = PositionalDraws(seed: seed, position: position ?? index)
        let storage = try makeStorage(slots: 1)
        let sample = try load(
            index, draws: &draws, into: storage, slot: 0, workspace: try makeWorkspace())
        return (sample, PixelTensor(storage, count: 1))
    }

    // MARK: The steps

    private func loadImage(
        _ index: Int, _ draws: inout some SampleDraws, into storage: PixelStorage, _ slot: Int,
        _ workspace: Workspace
    ) throws -> (ImageHeader, PixelRegion) {
        if let problem = manifest.problem(index) {
            throw ManifestError(file: configuration.dataPath, reason: problem)
        }
        let location = try locations[index].image ?? images.locate(manifest.image(index))
        try images.read(location, into: &workspace.file)
        return try workspace.file.withBytes { bytes in
            let header = try workspace.reader.header(of: bytes)
            try accept(header)
            let slack = abs(header.width - header.height)
            let crop = header.square(at: draws.integer(below: slack + 1))
            try storage.withSlot(slot) { pixels in
                try workspace.reader.read(bytes, region: crop, into: &pixels)
            }
            return (header, crop)
        }
    }

    /// The reference's rules for images, strict inequalities all of them.
    private func accept(_ header: ImageHeader) throws(UnacceptableImage) {
        let (width, height) = (header.width, header.height)
        let minimum = configuration.minimumImageSize
        let ratio = Double(width) / Double(height)
        guard width > minimum, height > minimum else {
            throw UnacceptableImage(
                width: width, height: height, reason: "both edges must exceed \(minimum)")
        }
        guard ratio > 0.1, ratio < 10 else {
            throw UnacceptableImage(
                width: width, height: height, reason: "one edge is ten times the other or more")
        }
    }

    private func loadCaption(_ index: Int, _ workspace: Workspace) throws -> Annotation.Caption {
        let location =
            try locations[index].annotation ?? annotations.locate(manifest.annotation(index))
        try annotations.read(location, into: &workspace.file)
        return try Annotation.caption(
            in: workspace.file.copy(), key: configuration.captionKey)
    }

    private func encode(_ caption: Annotation.Caption, isDropped: Bool) throws -> [Int] {
        let text: String?
        switch caption {
        case _ where isDropped: text = nil
        case .text(let caption): text = caption
        case .notText(let value): throw AnnotationError(reason: "the caption is \(value), not text")
        }
        let prompt = configuration.promptTemplate.prompt(for: text)
        let ids = try tokenizer.encode(
            prompt, addSpecialTokens: configuration.addsSpecialTokens)
        return Array(ids.prefix(configuration.maximumLength))
    }
}

extension Annotation.Caption {
    fileprivate var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}
