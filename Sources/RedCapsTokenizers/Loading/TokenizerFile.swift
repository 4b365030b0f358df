import RedCapsBase

/// A `tokenizer.json`.
struct TokenizerFile {
    let pipeline: TokenizerPipeline
    /// The regular expression of the first step that splits texts, if it is one.
    let firstPattern: String?

    /// Reads a file.
    /// - Throws: `TokenizerError` with the path of keys of what isn't supported.
    init(_ file: String) throws(TokenizerError) {
        var values: [ExactText: JSONValue] = [:]
        var model: (any ModelReader)?
        do {
            let bytes = try TokenizerFolder.bytes(of: file)
            var scanner = JSONScanner(bytes)
            try scanner.readObject { key, scanner throws(JSONError) in
                switch key {
                case "model":
                    var reader = ModelKind(next: scanner).makeReader(file)
                    try reader.read(&scanner)
                    model = reader
                case "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
                    "version":
                    values[ExactText(key)] = try scanner.readValue()
                default: try scanner.skipValue()
                }
            }
            try scanner.finish()
        } catch let error as TokenizerError {
            throw error
        } catch {
            throw TokenizerError(.invalid, file: file, "\(error)")
        }
        let reader = try JSONReader(.object(values), file, "")
        guard let model else { throw reader.failure("model", "a model is needed") }
        if let version = try reader.string("version"), version != "1.0" {
            throw reader.unsupported("version")
        }
        // What can't be supported is told before what is broken.
        let normalization = try reader.object("normalizer")?.normalization() ?? []
        var pipeline = TokenizerPipeline(model: try model.model())
        pipeline.normalization = normalization
        guard let splitting = try reader.object("pre_tokenizer") else {
            throw TokenizerError(
                .unsupported, file: file, keyPath: "pre_tokenizer",
                "only what ends in ByteLevel is supported; \(JSONReader.advice)")
        }
        firstPattern = try splitting.firstPattern()
        pipeline.splits = try pipeline.model.isByteLevel ? splitting.splits() : splitting.split()
        if let processor = try reader.object("post_processor") {
            (pipeline.prefix, pipeline.suffix) = try processor.specialTokens()
        }
        if let decoder = try reader.object("decoder") {
            guard try decoder.type() == pipeline.model.decoderType else {
                throw decoder.unsupported("type")
            }
        } else {
            pipeline.joinsBytes = false
        }
        var tokens: [TokenEntry] = []
        for token in try reader.objects("added_tokens") ?? [] {
            tokens.append(try TokenEntry(token))
        }
        try pipeline.add(tokens)
        self.pipeline = pipeline
    }
}
