public import RedCapsBase
import RedCapsImage
import RedCapsTar
public import RedCapsTokenizers
public import Logging

extension ConcatDataset where Source == CaptionDataset {
    /// Opens the data sets of a training configuration, be it one or several; what the configuration
    /// has that is left out of account is logged.
    /// - Parameters:
    ///   - training: What to load.
    ///   - root: The folder that relative paths of the configuration are relative to; `nil` for the
    ///     working directory.
    ///   - tokenizer: Instead of those that the configuration names, each of which is loaded once.
    ///   - imageOptions: How files become pixels.
    ///   - missing: What to do about samples whose files are in no shard.
    ///   - excluding: Samples to leave out, a list for each data set in their order; none by default.
    ///   - cancellation: Stops the building of an index within a second.
    ///   - progress: Told after each shard that an index is built of.
    ///   - logger: Told about damaged shards and missing files, once each.
    /// - Throws: `ConfigurationError`, `TokenizerError`, `ManifestError`, `SkipListError` or
    ///   `StoreError` with the place.
    public convenience init(
        _ training: TrainingConfiguration, root: String? = nil,
        tokenizer: (any CaptionTokenizer)? = nil,
        imageOptions: ImageOptions = ImageOptions(), missing: MissingPolicy = .failSample,
        excluding: [SkipList] = [],
        cancellation: Cancellation? = nil, progress: ((IndexProgress) -> Void)? = nil,
        logger: Logger = Logger(label: "RedCaps")
    ) throws {
        for note in training.notes { logger.notice("\(note)") }
        let configurations = training.dataset.sources
        guard excluding.isEmpty || excluding.count == configurations.count else {
            throw SkipListError(
                file: "the exclusions",
                reason: "\(excluding.count) lists for \(configurations.count) data sets; "
                    + "one for each is needed, which may be empty")
        }
        var known: [(model: String?, type: String, tokenizer: any CaptionTokenizer)] = []
        func made(for source: CaptionDatasetConfiguration) throws -> (any CaptionTokenizer)? {
            if let tokenizer { return tokenizer }
            guard let named = source.tokenizer else { return nil }
            if let same = known.first(where: { $0.model == named.model && $0.type == named.type }) {
                return same.tokenizer
            }
            known.append((named.model, named.type, try named.makeTokenizer(root: root)))
            return known.last?.tokenizer
        }
        var sources: [CaptionDataset] = []
        for (number, configuration) in configurations.enumerated() {
            sources.append(
                try CaptionDataset(
                    configuration, root: root, tokenizer: try made(for: configuration),
                    imageOptions: imageOptions,
                    padIndex: training.padIndex, missing: missing,
                    excluding: excluding.isEmpty ? SkipList() : excluding[number],
                    cancellation: cancellation, progress: progress, logger: logger))
        }
        try self.init(sources, groups: training.dataset.groups)
    }

    /// The edge S of each image in pixels.
    public var imageSize: Int { sources[0].configuration.imageSize }

    /// The paths of a sample's image and annotation as its list has them; empty where it has none.
    /// - Throws: `StoreError` if the index can't be read.
    public func paths(of index: Int) throws -> (image: String, annotation: String) {
        let place = place(of: index)
        return try sources[place.source].paths(of: place.index)
    }
}

extension CaptionDataset {
    /// Makes sure that data sets can share a batch.
    /// - Throws: `ConfigurationError` if the images of two of them become different pixels.
    static func checkEqualPixels(_ datasets: [CaptionDataset]) throws(ConfigurationError) {
        func pixels(_ dataset: CaptionDataset) -> String {
            let format = dataset.imageOptions.format
            return "\(dataset.configuration.imageSize)² (\(format.type.rawValue), "
                + "\(format.layout.rawValue))"
                + (dataset.configuration.dataPath.map { " of \($0)" } ?? "")
        }
        guard let first = datasets.first else { return }
        for (number, other) in datasets.enumerated() {
            guard other.configuration.imageSize == first.configuration.imageSize,
                other.imageOptions.format == first.imageOptions.format
            else {
                throw ConfigurationError(
                    "datasets.\(number).image_size", value: "\(other.configuration.imageSize)",
                    "a batch can't hold \(pixels(first)) and \(pixels(other))")
            }
        }
    }
}
