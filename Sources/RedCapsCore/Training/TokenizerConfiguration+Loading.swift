package import RedCapsTokenizers

extension TokenizerConfiguration {
    /// Makes the tokenizer: bytes, or a model's own for `transformers.AutoTokenizer.from_pretrained`
    /// and its like.
    /// - Parameter root: The folder that relative paths of the configuration are relative to.
    /// - Throws: `ConfigurationError` if the type isn't known or names no model; `TokenizerError` if
    ///   the model's tokenizer can't be found or loaded.
    package func makeTokenizer(root: String?) throws -> any CaptionTokenizer {
        if type == Self.bytes.type { return ByteTokenizer() }
        let parts = type.split(separator: ".")
        guard parts.last == "from_pretrained", parts.count > 1,
            parts[parts.count - 2].contains("Tokenizer")
        else {
            throw ConfigurationError(
                "\(keyPath).type", value: "\"\(type)\"",
                "no tokenizer of this type is known; pass one, as Docs/Embedding.md shows, or take "
                    + "\"\(Self.bytes.type)\" (redcaps: --tokenizer bytes)")
        }
        guard let model else {
            throw ConfigurationError(
                "\(keyPath).pretrained_model_name_or_path", "a model's name or folder is needed")
        }
        return try ModelTokenizer(named: model, root: root)
    }
}
