import RedCapsBase

/// Which tokenizer a configuration asks for.
public struct TokenizerConfiguration: Sendable, Equatable {
    /// The type's name, as in `transformers.AutoTokenizer.from_pretrained`.
    public let type: String
    /// `pretrained_model_name_or_path`: a folder, also under the root, or a model's name.
    public let model: String?
    /// Where it stands in its file, for messages.
    public let keyPath: String
    /// Keys that mean something to Python alone, one line each.
    let notes: [String]
    /// Keys that aren't known, with their paths.
    let unknownKeys: [String]

    /// `ByteTokenizer`, which needs no vocabulary.
    public static let bytes = TokenizerConfiguration(type: "redcaps.ByteTokenizer")

    public init(type: String, model: String? = nil) {
        self.type = type
        self.model = model
        keyPath = "tokenizer"
        notes = []
        unknownKeys = []
    }

    init(_ value: JSONValue, at keyPath: String) throws(ConfigurationError) {
        var reader = try ConfigurationReader(value, at: keyPath)
        type = try reader.string("type")
        model = try reader.optionalString("pretrained_model_name_or_path")
        self.keyPath = keyPath
        notes = [
            reader.note("trust_remote_code", "code of a model is never run"),
            reader.note(
                "padding_side", "batches are padded on the right, as the reference's are",
                unless: .string("right")),
        ].compactMap(\.self)
        unknownKeys = reader.unknownKeys
    }
}
