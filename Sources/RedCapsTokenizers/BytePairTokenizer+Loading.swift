extension BytePairTokenizer {
    /// Loads a model's tokenizer.
    /// - Parameters:
    ///   - path: A model's folder, a `tokenizer.json`, a `vocab.json` with a `merges.txt` beside it,
    ///     or a rank file of tiktoken's. Of a folder, `tokenizer_config.json` counts as well, and without
    ///     its `added_tokens_decoder` also `special_tokens_map.json` and `added_tokens.json`.
    ///   - family: How text is prepared, for files that don't say so; by default as the folder's
    ///     `tokenizer_class`, or the rank file's published name.
    /// - Throws: `TokenizerError` with the file and the path of keys of what is missing, broken or
    ///   not supported.
    public convenience init(
        path: String, family: BytePairFamily? = nil
    ) throws(TokenizerError) {
        self.init(try TokenizerFolder.load(path, family))
    }
}
