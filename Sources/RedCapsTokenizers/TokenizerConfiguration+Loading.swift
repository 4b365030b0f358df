public import RedCapsCore

extension BytePairTokenizer {
    /// Finds a model's tokenizer by its name and loads it.
    /// - Parameters:
    ///   - name: A path of a folder or file, also under `root`, or a model's name, such as
    ///     `OpenGVLab/InternVL3-2B`, in the Hugging Face cache (`HF_HOME`).
    ///   - root: The folder that a relative path may be relative to.
    ///   - family: How text is prepared, for files that don't say so.
    /// - Throws: `TokenizerError`; one that nothing was found says where was looked.
    public convenience init(
        named name: String, root: String? = nil, family: BytePairFamily? = nil
    ) throws(TokenizerError) {
        try self.init(path: TokenizerLocation.find(name, root: root), family: family)
    }
}

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
