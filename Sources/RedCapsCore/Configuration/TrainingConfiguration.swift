public import Logging
public import RedCapsTar

/// A whole configuration as mmengine dumps it, or just a data set's dictionary: the parts that say
/// how to load.
public struct TrainingConfiguration: Sendable, Equatable {
    /// The data set.
    public var dataset: CaptionDatasetConfiguration
    /// `train_dataloader.batch_size`, if the file has it.
    public var batchSize: Int?
    /// The order: `train_dataloader.sampler`, or endless shuffled without one.
    public var shuffles: Bool
    /// What pads `input_ids`: `train_dataloader.collate_fn.pad_index`, else `pad_index`, else 0.
    public var padIndex: Int
    /// What was left out of account, one line each, with the key path.
    public var notes: [String]

    /// Decodes a configuration.
    /// - Throws: `ConfigurationError` with the key path of what is missing, bad or not built.
    public init(_ value: JSONValue) throws(ConfigurationError) {
        var top = try ConfigurationReader(value, at: "")
        guard top.has("dataset") || top.has("train_dataloader") else {
            dataset = try CaptionDatasetConfiguration(value)
            (batchSize, shuffles, padIndex) = (nil, true, 0)
            notes = Self.notes(unknown: dataset.unknownKeys)
            return
        }
        var notes: [String] = []
        var shuffles = true
        var padIndex = try top.integer("pad_index", default: 0, in: 0...Int(Int32.max))
        var batchSize: Int?
        var loaderDataset: JSONValue?
        if let value = top.value("train_dataloader") {
            var loader = try ConfigurationReader(value, at: "train_dataloader")
            loaderDataset = loader.value("dataset")
            if loader.has("batch_size") {
                batchSize = try loader.integer("batch_size", default: 1, in: 1...65536)
            }
            shuffles = try Self.readSampler(&loader)
            padIndex = try Self.readCollation(&loader, padIndex)
            // How Python moves data about; nothing of it changes a batch.
            for key in ["num_workers", "pin_memory", "persistent_workers", "prefetch_factor"] {
                _ = loader.value(key)
            }
            notes += Self.notes(unknown: loader.unknownKeys)
        }
        if let own = top.value("dataset") {
            dataset = try CaptionDatasetConfiguration(own, at: "dataset")
            if let loaderDataset, loaderDataset != own {
                notes.append("train_dataloader.dataset differs from dataset, which is the one used")
            }
        } else if let loaderDataset {
            dataset = try CaptionDatasetConfiguration(loaderDataset, at: "train_dataloader.dataset")
        } else {
            throw ConfigurationError("dataset", "a data set is needed")
        }
        self.notes = notes + Self.notes(unknown: dataset.unknownKeys)
        (self.batchSize, self.shuffles, self.padIndex) = (batchSize, shuffles, padIndex)
    }

    /// Decodes a configuration file in JSON.
    /// - Throws: `ConfigurationError`, `StoreError` or `JSONError`, each with the place.
    public init(file: String) throws {
        let (folder, name) = FolderStore.containing(file)
        let bytes = try folder.bytes(of: name)
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw ConfigurationError("", "\(file) is no JSON configuration: \(error)")
        }
        try self.init(value)
    }

    private static func notes(unknown keys: [String]) -> [String] {
        keys.map { "\($0) isn't known and has no effect" }
    }

    private static func readSampler(
        _ loader: inout ConfigurationReader
    ) throws(ConfigurationError) -> Bool {
        guard let value = loader.value("sampler") else { return true }
        var sampler = try ConfigurationReader(value, at: loader.path("sampler"))
        let type = try sampler.string("type")
        guard type.split(separator: ".").last == "InfiniteSampler" else {
            throw sampler.failure("type", "only InfiniteSampler is supported")
        }
        let shuffles = try sampler.bool("shuffle", default: true)
        if let key = sampler.unknownKeys.first {
            throw ConfigurationError(key, "this option of the sampler isn't supported")
        }
        return shuffles
    }

    private static func readCollation(
        _ loader: inout ConfigurationReader, _ fallback: Int
    ) throws(ConfigurationError) -> Int {
        guard let value = loader.value("collate_fn") else { return fallback }
        var collation = try ConfigurationReader(value, at: loader.path("collate_fn"))
        if let type = try collation.optionalString("type"),
            type.split(separator: ".").last != "collate_func_gen"
        {
            throw collation.failure("type", "only collate_func_gen is supported")
        }
        return try collation.integer("pad_index", default: fallback, in: 0...Int(Int32.max))
    }
}

extension CaptionDataset {
    /// Opens the data set of a training configuration, with its padding id; what the configuration
    /// has that is left out of account is logged.
    /// - Throws: As the initializer for a data set's own configuration.
    public convenience init(
        _ training: TrainingConfiguration, root: String? = nil,
        tokenizer: (any CaptionTokenizer)? = nil, imageOptions: ImageOptions = ImageOptions(),
        missing: MissingSamples = .failSample, excluding: ExclusionList = ExclusionList(),
        cancellation: Cancellation? = nil, progress: ((IndexProgress) -> Void)? = nil,
        logger: Logger = Logger(label: "RedCaps")
    ) throws {
        for note in training.notes { logger.notice("\(note)") }
        try self.init(
            training.dataset, root: root, tokenizer: tokenizer, imageOptions: imageOptions,
            padIndex: training.padIndex, missing: missing, excluding: excluding,
            cancellation: cancellation, progress: progress, logger: logger)
    }
}

extension LoaderOptions {
    /// Loads as a training configuration says: its batch size, or 32, and its order.
    public init(_ training: TrainingConfiguration, seed: UInt64 = 0) {
        self.init(
            batchSize: training.batchSize ?? 32,
            sampler: .infinite(shuffle: training.shuffles, seed: seed), seed: seed)
    }
}
