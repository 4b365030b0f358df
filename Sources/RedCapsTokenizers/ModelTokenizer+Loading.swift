extension ModelTokenizer {
    /// Loads a model's tokenizer, of whatever kind its files are.
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

    /// Finds a model's tokenizer by its name and loads it, of whatever kind its files are.
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
