import RedCapsBase

/// The kinds of models: the one place that lists them, by the `model.type` of a `tokenizer.json`.
enum ModelKind: String {
    /// Byte-level byte pairs.
    case bytePair = "BPE"

    /// The kind of the model that comes next, which isn't read yet.
    ///
    /// A type that isn't known, or none, is left to the reader of byte pairs, which refuses it, but
    /// for files so old that they have none.
    init(next scanner: JSONScanner) {
        var scanner = scanner
        var type: String?
        try? scanner.readObject { key, scanner throws(JSONError) in
            guard key == "type" else { return try scanner.skipValue() }
            if case .string(let text) = try scanner.readValue() { type = text }
            // The rest, megabytes of it, needn't be looked at.
            throw scanner.failure("the type is known")
        }
        self = type.flatMap(ModelKind.init(rawValue:)) ?? .bytePair
    }

    /// Reads a model of the kind.
    func makeReader(_ file: String) -> any ModelReader {
        switch self {
        case .bytePair: BytePairReader(file: file)
        }
    }
}

/// Encodes texts with a model of one kind. It is told apart once a text; what is behind is compiled
/// for each kind by itself.
enum TextEncoder: Sendable {
    case bytePair(PipelineEncoder<BytePairModel>)

    func encode(
        _ text: String, _ plain: [Range<Int>], _ addSpecialTokens: Bool
    ) throws(TokenizerError) -> [Int] {
        switch self {
        case .bytePair(let encoder): try encoder.encode(text, plain, addSpecialTokens)
        }
    }

    func encodeBatch(
        _ texts: [String], _ addSpecialTokens: Bool, threads: Int?
    ) throws(TokenizerError) -> [[Int]] {
        switch self {
        case .bytePair(let encoder):
            try encoder.encodeBatch(texts, addSpecialTokens, threads: threads)
        }
    }
}

/// Reads the `model` of a `tokenizer.json`, straight from its bytes.
protocol ModelReader {
    /// Reads the value of `model`. What is wrong with it is told by `model()`.
    mutating func read(_ scanner: inout JSONScanner) throws(JSONError)

    /// The model, once all is read.
    /// - Throws: `TokenizerError` with the path of keys of what is broken or not supported.
    func model() throws(TokenizerError) -> any WordModel
}
