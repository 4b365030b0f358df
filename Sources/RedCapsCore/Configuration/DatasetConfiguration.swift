public import RedCapsBase

/// Which data: a caption data set, or a concatenation of several, as `ConcatDataset`s nest them.
public enum DatasetConfiguration: Sendable, Equatable {
    /// One data set.
    case captions(CaptionDatasetConfiguration)
    /// Several, one after the other; never empty.
    case concatenation([DatasetConfiguration])

    /// Decodes the dictionary of a data set, or of a `ConcatDataset` of xtuner, mmengine or torch.
    /// - Parameters:
    ///   - value: The dictionary.
    ///   - keyPath: Where it stands in its file, for messages.
    /// - Throws: `ConfigurationError` with the key path of what is missing, bad or not built.
    public init(_ value: JSONValue, at keyPath: String = "") throws(ConfigurationError) {
        var notes: [String] = []
        try self.init(value, at: keyPath, notes: &notes)
    }

    /// - Parameter notes: Gets a line for each key that has no effect.
    init(
        _ value: JSONValue, at keyPath: String, notes: inout [String]
    ) throws(ConfigurationError) {
        var reader = try ConfigurationReader(value, at: keyPath)
        guard try reader.typeName() == "ConcatDataset" else {
            let dataset = try CaptionDatasetConfiguration(value, at: keyPath)
            notes += dataset.python.notes
            notes += dataset.python.unknownKeys.map {
                TrainingConfiguration.note(unknown: $0, CaptionDatasetConfiguration.keys)
            }
            self = .captions(dataset)
            return
        }
        guard case .array(let values)? = reader.value("datasets"), !values.isEmpty else {
            throw reader.failure("datasets", "a list of data sets is needed, at least one")
        }
        var parts: [DatasetConfiguration] = []
        var mistakes: [ConfigurationError] = []
        for (number, value) in values.enumerated() {
            let path = "\(reader.path("datasets")).\(number)"
            let part = ConfigurationError.collecting(&mistakes) {
                () throws(ConfigurationError) in
                try DatasetConfiguration(value, at: path, notes: &notes)
            }
            if let part { parts.append(part) }
        }
        try ConfigurationError.end(with: mistakes)
        // Of mmengine's; data sets are always loaded at once, and there is no meta information.
        notes += [
            reader.note("lazy_init", "data sets are opened at once"),
            reader.note("ignore_keys", "data sets have no meta information"),
        ].compactMap(\.self)
        notes += reader.notesOnUnknownKeys
        self = .concatenation(parts)
    }

    /// The data sets that hold samples, in the order of their samples.
    public var sources: [CaptionDatasetConfiguration] {
        switch self {
        case .captions(let dataset): [dataset]
        case .concatenation(let parts): parts.flatMap(\.sources)
        }
    }

    /// How many of the `sources` belong to each data set of the outermost concatenation: what a
    /// sampler calls a source.
    public var groups: [Int] {
        switch self {
        case .captions: [1]
        case .concatenation(let parts): parts.map(\.sources.count)
        }
    }

    /// Changes every source, as for another image size.
    public mutating func updateSources(_ update: (inout CaptionDatasetConfiguration) -> Void) {
        switch self {
        case .captions(var dataset):
            update(&dataset)
            self = .captions(dataset)
        case .concatenation(var parts):
            for index in parts.indices { parts[index].updateSources(update) }
            self = .concatenation(parts)
        }
    }
}
