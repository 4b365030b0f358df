public import RedCapsBase

/// A whole configuration as mmengine dumps it, or just a data set's dictionary: the parts that say
/// how to load.
public struct TrainingConfiguration: Sendable, Equatable {
    /// The data set: one, or several one after the other.
    public var dataset: DatasetConfiguration
    /// `train_dataloader.batch_size`, if the file has it.
    public var batchSize: Int?
    /// `train_dataloader.num_workers`, if the file has it. The order doesn't depend on it, but the
    /// reference's does.
    public var workers: Int?
    /// `train_dataloader.persistent_workers`, which the reference's draws depend on from the second
    /// epoch on.
    public var persistsWorkers: Bool
    /// `randomness.seed`, if the file has it.
    public var seed: Int?
    /// `randomness.diff_rank_seed`: whether the reference's draws are other ones on each rank.
    public var differsByRank: Bool
    /// Whether the reference draws its sampler's seed, as it does with `diff_rank_seed` or a sampler's
    /// own `seed` of `null`, instead of taking the run's.
    public var drawsOrderSeed: Bool
    /// `train_dataloader.drop_last`: whether a last batch with fewer samples is left out.
    public var dropsLast: Bool
    /// The order: `train_dataloader.sampler`, or endless shuffled without one.
    package var sampler: SamplerConfiguration
    /// What pads `input_ids`: `train_dataloader.collate_fn.pad_index`, else 0; without `collate_fn`,
    /// the `pad_index` at the top.
    public var padIndex: Int
    /// What was left out of account, one line each, with the key path.
    public var notes: [String]

    /// Decodes a configuration.
    /// - Parameters:
    ///   - value: The whole configuration, or a data set's dictionary.
    ///   - overrides: Values to set first, in this order.
    /// - Throws: `ConfigurationError` with the key path of what is missing, bad or not built.
    public init(
        _ value: JSONValue, overrides: [ConfigurationOverride] = []
    ) throws(ConfigurationError) {
        let value = try value.applying(overrides)
        var top = try ConfigurationReader(value, at: "")
        (batchSize, workers, dropsLast, sampler, notes) = (nil, nil, false, .infinite(), [])
        (persistsWorkers, seed, differsByRank, drawsOrderSeed) = (false, nil, false, false)
        guard top.has("dataset") || top.has("train_dataloader") else {
            guard ["type", "data_path", "datasets"].contains(where: top.has) else {
                throw ConfigurationError(
                    "",
                    "there is no data set in it: neither dataset nor train_dataloader, nor "
                        + "the keys of a data set itself")
            }
            padIndex = 0
            dataset = try DatasetConfiguration(value, at: "", notes: &notes)
            return
        }
        padIndex = try top.integer("pad_index", default: 0, in: 0...Int(Int32.max))
        let randomness = top.value("randomness")
        let own = top.value("dataset")
        guard let value = top.value("train_dataloader") else {
            guard let own else { throw ConfigurationError("dataset", "a data set is needed") }
            dataset = try DatasetConfiguration(own, at: "dataset", notes: &notes)
            try readRandomness(randomness)
            notes += notes(on: overrides)
            return
        }
        var loader = try ConfigurationReader(value, at: "train_dataloader")
        let loaders = loader.value("dataset")
        if let own {
            dataset = try DatasetConfiguration(own, at: "dataset", notes: &notes)
            if let loaders, loaders != own {
                notes.append("train_dataloader.dataset differs from dataset, which is the one used")
            }
        } else if let loaders {
            dataset = try DatasetConfiguration(loaders, at: loader.path("dataset"), notes: &notes)
        } else {
            throw ConfigurationError("dataset", "a data set is needed")
        }
        try readRandomness(randomness)
        try read(&loader)
        notes += notes(on: overrides)
    }

    /// Reads the options of the loader.
    private mutating func read(
        _ loader: inout ConfigurationReader
    ) throws(ConfigurationError) {
        if loader.has("batch_size") {
            batchSize = try loader.integer("batch_size", default: 1, in: 1...65536)
        }
        if loader.has("num_workers") {
            workers = try loader.integer("num_workers", default: 0, in: 0...65536)
        }
        dropsLast = try loader.bool("drop_last", default: false)
        if loader.has("persistent_workers") {
            persistsWorkers = try loader.bool("persistent_workers", default: false)
        }
        if let value = loader.value("sampler") {
            sampler = try SamplerConfiguration(
                value, at: loader.path("sampler"), sources: dataset.groups.count)
            if case .object(let options) = value, options["seed"] == .null { drawsOrderSeed = true }
        }
        try loader.refuse("batch_sampler", "only samplers of single samples are supported")
        try loader.refuse("worker_init_fn", "workers are seeded as mmengine or torch does it")
        try loader.refuse("num_batch_per_epoch", "epochs aren't cut short")
        try readCollation(&loader)
        notes += [
            loader.note("pin_memory", "batches are in ordinary memory"),
            loader.note("pin_memory_device", "batches are in ordinary memory", unless: .string("")),
            loader.note(
                "persistent_workers",
                "workers live as long as their loader; the reference mode heeds it"),
            loader.note(
                "prefetch_factor", "LoaderOptions.prefetchBatches bounds what is loaded ahead"),
            loader.note("timeout", "nothing is waited for in another process", unless: .integer(0)),
            loader.note("multiprocessing_context", "workers are threads"),
        ].compactMap(\.self)
        notes += loader.notesOnUnknownKeys
    }

    /// Reads what the run is seeded with.
    private mutating func readRandomness(_ value: JSONValue?) throws(ConfigurationError) {
        guard let value else { return }
        var reader = try ConfigurationReader(value, at: "randomness")
        seed = try reader.optionalInteger("seed")
        if let seed, !(0...Int(UInt32.max)).contains(seed) {
            throw reader.failure("seed", "mmengine's seed is in 0 ... 2^32 - 1")
        }
        differsByRank = try reader.bool("diff_rank_seed", default: false)
        drawsOrderSeed = differsByRank
    }

    private mutating func readCollation(
        _ loader: inout ConfigurationReader
    ) throws(ConfigurationError) {
        guard let value = loader.value("collate_fn") else { return }
        var collation = try ConfigurationReader(value, at: loader.path("collate_fn"))
        let type = try collation.typeName()
        guard type == nil || type == "collate_func_gen" else {
            throw collation.failure("type", "only collate_func_gen is supported")
        }
        padIndex = try collation.integer("pad_index", default: 0, in: 0...Int(Int32.max))
        notes += collation.notesOnUnknownKeys
    }

    /// Decodes a configuration file in JSON or, by its name's end in `.yaml` or `.yml` and with the
    /// package's trait `YAML`, in YAML.
    /// - Parameters:
    ///   - file: The file.
    ///   - overrides: Values to set first, in this order.
    /// - Throws: `ConfigurationError` or `StoreError`, each with the place.
    public init(file: String, overrides: [ConfigurationOverride] = []) throws {
        let bytes = try InputFile.contents(of: file)
        guard !file.endsExactly(with: ".py") else {
            let dumped = file.dropLast(3) + ".json"
            throw ConfigurationError(
                "",
                "\(file) is Python, which only Python can read: dump it with python -c \"from "
                    + "mmengine import Config; Config.fromfile('\(file)').dump('\(dumped)')\"")
        }
        guard !GitLFSPointer.isBegun(by: bytes) else {
            throw ConfigurationError("", "\(file) is \(GitLFSPointer.reason)")
        }
        let isYAML = file.endsExactly(with: ".yaml") || file.endsExactly(with: ".yml")
        let value: JSONValue
        do {
            value = try isYAML ? JSONValue(parsingYAML: bytes) : JSONValue(parsing: bytes)
        } catch {
            throw ConfigurationError(
                "", "\(file) is no \(isYAML ? "YAML" : "JSON") configuration: \(error)")
        }
        try self.init(value, overrides: overrides)
    }

    /// A line about each override at the top of a whole configuration that means nothing there: most
    /// often the data set's key was meant.
    private func notes(on overrides: [ConfigurationOverride]) -> [String] {
        let keys = CaptionDatasetConfiguration.keys
        let place = dataset.sources.count == 1 ? "dataset" : "dataset.datasets.0"
        return overrides.compactMap { override in
            let key = override.path[0]
            guard !["dataset", "train_dataloader", "randomness", "pad_index"].contains(key) else {
                return nil
            }
            let meant = keys.contains(key) ? key : Spelling.nearest(to: key, among: keys)
            return "\(override.path.joined(separator: ".")) has no effect at the top"
                + (meant.map { ": is \(place).\($0) meant?" } ?? "")
        }
    }

    /// One line about a key that means nothing to anything here.
    /// - Parameter known: The keys that mean something there.
    static func note(unknown keyPath: String, _ known: some Sequence<String> = []) -> String {
        let key = keyPath.split(separator: ".").last.map(String.init) ?? keyPath
        let meant = Spelling.nearest(to: key, among: known).map { ": is \($0) meant?" } ?? ""
        return "\(keyPath) isn't known and has no effect\(meant)"
    }
}
