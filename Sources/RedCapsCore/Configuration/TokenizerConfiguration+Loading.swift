public import RedCapsTokenizers

extension TokenizerConfiguration {
    /// Makes the tokenizer: a model's own for `transformers.AutoTokenizer.from_pretrained` and its
    /// like, else what `makeTokenizer()` makes.
    /// - Parameter root: The folder that relative paths of the configuration are relative to.
    /// - Throws: `ConfigurationError` if the type isn't known or names no model; `TokenizerError` if
    ///   the model's tokenizer can't be found or loaded.
    public func makeTokenizer(root: String?) throws -> any CaptionTokenizer {
        let parts = type.split(separator: ".")
        guard parts.last == "from_pretrained", parts.count > 1,
            parts[parts.count - 2].contains("Tokenizer")
        else { return try makeTokenizer() }
        guard let model else {
            throw ConfigurationError(
                "\(keyPath).pretrained_model_name_or_path", "a model's name or folder is needed")
        }
        return try BytePairTokenizer(named: model, root: root)
    }
}
