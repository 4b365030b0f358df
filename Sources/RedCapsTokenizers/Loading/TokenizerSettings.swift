import RedCapsCore

/// What a model's `tokenizer_config.json` adds to its tokenizer.
struct TokenizerSettings {
    private let reader: JSONReader
    /// The family that `tokenizer_class` means.
    let family: BytePairFamily?
    /// `add_prefix_space`.
    let addsPrefixSpace: Bool?

    /// Reads the file in a folder, if there is one.
    init?(folder: String) throws(TokenizerError) {
        let file = folder + "/tokenizer_config.json"
        guard Disk.exists(file) else { return nil }
        let bytes = try TokenizerFolder.bytes(of: file)
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw TokenizerError(.invalid, file: file, "\(error)")
        }
        reader = try JSONReader(value, file, "")
        family = try reader.string("tokenizer_class").flatMap(BytePairFamily.init(tokenizerClass:))
        addsPrefixSpace = try reader.bool("add_prefix_space")
    }

    /// Whether the file has the added tokens and their ids.
    var listsAddedTokens: Bool { reader["added_tokens_decoder"] != nil }

    /// Adds the tokens of `added_tokens_decoder` and other special tokens, and puts the beginning and
    /// the end of a sequence around texts if `add_bos_token` or `add_eos_token` is there, as
    /// transformers does.
    func apply(to pipeline: inout TokenizerPipeline) throws(TokenizerError) {
        var tokens: [(id: Int, token: AddedToken)] = []
        if let decoder = try reader.object("added_tokens_decoder") {
            for key in decoder.keys {
                guard let id = Int(key), let token = try decoder.object(key) else {
                    throw decoder.failure(key, "isn't a token with its id")
                }
                tokens.append((id, try AddedToken(token)))
            }
        }
        try pipeline.add(
            tokens.sorted { $0.id < $1.id }.map(\.token), reader.file, "added_tokens_decoder")
        for (id, token) in tokens where pipeline.id(of: token.content) != UInt32(exactly: id) {
            let actual = pipeline.id(of: token.content).map(String.init) ?? "none"
            throw TokenizerError(
                .invalid, file: reader.file, keyPath: "added_tokens_decoder.\(id)",
                "\"\(token.content)\" has another id in the vocabulary, \(actual)")
        }
        let named = [
            "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token",
            "mask_token",
        ]
        var special: [AddedToken] = []
        for key in named {
            if let token = try self.token(key), pipeline.added.number(of: token.content) == nil {
                special.append(token)
            }
        }
        try pipeline.add(special, reader.file)
        // RoBERTa's and CLIP's classes put their own tokens around texts, whatever this file says.
        guard family != .roberta, family != .clip,
            reader["add_bos_token"] != nil || reader["add_eos_token"] != nil
        else { return }
        pipeline.prefix = try ids("add_bos_token", "bos_token", pipeline)
        pipeline.suffix = try ids("add_eos_token", "eos_token", pipeline)
    }

    /// The token of a key, which is text or an object.
    private func token(_ key: String) throws(TokenizerError) -> AddedToken? {
        switch reader[key] {
        case nil: return nil
        case .string(let content)?:
            return AddedToken(content: content, isSpecial: true, isNormalized: false)
        default:
            guard let reader = try reader.object(key) else { return nil }
            var token = try AddedToken(reader)
            token.isSpecial = true
            return token
        }
    }

    private func ids(
        _ flag: String, _ key: String, _ pipeline: TokenizerPipeline
    ) throws(TokenizerError) -> [UInt32] {
        guard try reader.bool(flag) ?? false, let token = try token(key) else { return [] }
        return pipeline.id(of: token.content).map { [$0] } ?? []
    }
}
