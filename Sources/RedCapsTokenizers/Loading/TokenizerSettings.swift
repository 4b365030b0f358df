import RedCapsBase

/// What lies beside a tokenizer: `tokenizer_config.json`, and where that has no
/// `added_tokens_decoder`, the older `special_tokens_map.json` and `added_tokens.json`. What they
/// leave out is as the model's class has it.
struct TokenizerSettings {
    private let configuration: SettingsFile
    private let specialTokensMap: SettingsFile
    private let addedTokens: SettingsFile
    private let givenFamily: BytePairFamily?
    private let tokenizerClass: TokenizerClass?
    /// `add_prefix_space`.
    let addsPrefixSpace: Bool?

    /// Reads the files in a folder, as far as they are there.
    /// - Parameters:
    ///   - family: What counts instead of `tokenizer_class`.
    ///   - isRead: Whether they count, or only what they would leave out.
    init(folder: String, _ family: BytePairFamily?, isRead: Bool = true) throws(TokenizerError) {
        configuration = try SettingsFile("\(folder)/tokenizer_config.json", isRead: isRead)
        let reader = configuration.reader
        let isOld = isRead && reader["added_tokens_decoder"] == nil
        specialTokensMap = try SettingsFile("\(folder)/special_tokens_map.json", isRead: isOld)
        addedTokens = try SettingsFile("\(folder)/added_tokens.json", isRead: isOld)
        let named = try reader.string("tokenizer_class").flatMap(TokenizerClass.init(name:))
        givenFamily = family
        tokenizerClass = if let family { TokenizerClass(family) } else { named }
        addsPrefixSpace = try reader.bool("add_prefix_space")
        if try reader.bool("split_special_tokens") ?? false {
            throw reader.unsupported("split_special_tokens")
        }
    }

    /// The family that was given, else that of `tokenizer_class`, or `nil` if no class is named.
    /// - Throws: `TokenizerError` for a class of which no family is known.
    func family() throws(TokenizerError) -> BytePairFamily? {
        if let givenFamily { return givenFamily }
        let reader = configuration.reader
        guard try reader.string("tokenizer_class") != nil else { return nil }
        if let family = tokenizerClass?.family { return family }
        throw reader.failure(
            "tokenizer_class",
            "isn't a class of which the family is known; \(TokenizerFolder.familyAdvice)",
            .unsupported)
    }

    // MARK: What they change

    /// Adds tokens to a vocabulary's pipeline, and puts some around texts.
    func apply(to pipeline: inout TokenizerPipeline) throws(TokenizerError) {
        try checkPattern(nil)
        try addTokens(to: &pipeline)
        guard let (first, last) = tokenizerClass?.around else {
            return try applyFlags(to: &pipeline)
        }
        for key in [first, last] where try token(key)?.token.content ?? "" == "" {
            let file = specialTokensMap.keys.contains(key) ? specialTokensMap : configuration
            throw file.reader.failure(key, "is no token, but texts are to begin or end with it")
        }
        pipeline.prefix = try ids(first, pipeline)
        pipeline.suffix = try ids(last, pipeline)
    }

    /// Adds tokens to the pipeline of a file with its own steps. What goes around texts is for that to
    /// say, but for the class that reads `add_bos_token` and `add_eos_token`, and if no class is named.
    /// - Parameter firstPattern: The regular expression that the file splits texts at first, if it does.
    func apply(
        toFile pipeline: inout TokenizerPipeline, firstPattern: String?
    ) throws(TokenizerError) {
        try checkPattern(firstPattern)
        try addTokens(to: &pipeline)
        if tokenizerClass == .gpt2 || tokenizerClass == .roberta {
            pipeline.setPrefixSpace(addsPrefixSpace ?? false)
        }
        if tokenizerClass == .llama || configuration.reader["tokenizer_class"] == nil {
            try applyFlags(to: &pipeline)
        }
    }

    private func applyFlags(to pipeline: inout TokenizerPipeline) throws(TokenizerError) {
        let isLlama = tokenizerClass == .llama
        let first = try configuration.reader.bool("add_bos_token")
        let last = try configuration.reader.bool("add_eos_token")
        let isFirstUsual = isLlama && !configuration.keys.contains("add_bos_token")
        // Llama's class makes both ends anew, and so does a flag for the beginning; one for the end
        // says nothing of the beginning.
        if isLlama || first != nil {
            pipeline.prefix = first ?? isFirstUsual ? try ids("bos_token", pipeline) : []
        }
        if isLlama || first != nil || last != nil {
            pipeline.suffix = last ?? false ? try ids("eos_token", pipeline) : []
        }
    }

    /// Refuses the setting with which transformers splits the texts of some Mistral models otherwise than
    /// their files say, unless the file says the same.
    private func checkPattern(_ first: String?) throws(TokenizerError) {
        let key = "fix_mistral_regex"
        guard try configuration.reader.bool(key) ?? false,
            first?.isExactly(SplitStep.fixedMistralPattern) != true
        else { return }
        throw configuration.reader.failure(
            key,
            "changes the pattern at which texts are split, and tokenizer.json has another one; load "
                + "the tokenizer with transformers and this setting, and save it as it is then",
            .unsupported)
    }

    private func ids(
        _ key: String, _ pipeline: TokenizerPipeline
    ) throws(TokenizerError) -> [UInt32] {
        try token(key).flatMap { pipeline.id(of: $0.token.content) }.map { [$0] } ?? []
    }

    // MARK: Tokens

    /// Adds listed tokens in the order of their ids, then the special tokens that aren't there yet.
    private func addTokens(to pipeline: inout TokenizerPipeline) throws(TokenizerError) {
        let named = try namedTokens()
        let names = Set(named.map(\.token.spelling))
        let extra = try extraTokens()
        let special = named + (extra.listed ?? extra.old ?? [])
        var listed = try listedTokens()
        for index in listed.indices where names.contains(listed[index].entry.token.spelling) {
            listed[index].entry.token.isSpecial = true
        }
        // Of an older file, what the tokenizer's own says about a token isn't changed.
        try pipeline.add(
            listed.map(\.entry).filter {
                $0.file == configuration.reader.file
                    || pipeline.added.number(of: $0.token.content) == nil
            })
        for (id, entry) in listed {
            let content = entry.token.content
            let actual = pipeline.id(of: content)
            if content.isEmpty || actual == UInt32(exactly: id) { continue }
            throw TokenizerError(
                .invalid, file: entry.file, keyPath: entry.keyPath,
                "\(content.debugDescription) gets the id \(actual.map(String.init) ?? "of none") by "
                    + "the vocabulary, and is said to have \(id)")
        }
        var seen: Set<AddedToken> = []
        var new: [TokenEntry] = []
        for var entry in special {
            if let number = pipeline.added.number(of: entry.token.content) {
                guard names.contains(entry.token.spelling) else { continue }
                entry.token = pipeline.added.tokens[number]
                entry.token.isSpecial = true
            }
            if seen.insert(entry.token).inserted { new.append(entry) }
        }
        try pipeline.add(new)
        if tokenizerClass == .qwen2 {
            // The class adds its special tokens once more, without other properties.
            try pipeline.add(
                special.map { TokenEntry(special: $0.token.content, $0.file, $0.keyPath) })
        }
    }

    /// The tokens of `added_tokens_decoder`, else of `added_tokens.json`, with their ids.
    private func listedTokens() throws(TokenizerError) -> [(id: Int, entry: TokenEntry)] {
        var tokens: [(id: Int, entry: TokenEntry)] = []
        if let decoder = try configuration.reader.object("added_tokens_decoder") {
            for key in decoder.keys {
                guard let id = Int(key), let token = try decoder.object(key) else {
                    throw decoder.failure(key, "isn't a token with its id")
                }
                tokens.append((id, try TokenEntry(token)))
            }
        } else {
            // Objects of tokenizer_config.json aren't compared, as in transformers.
            let special = try standardTokens(nil) + (extraTokens().listed ?? [])
            let names = Set(
                special.filter {
                    $0.file != configuration.reader.file || !$0.keyPath.hasSuffix(".content")
                }.map(\.token.spelling))
            for key in addedTokens.keys {
                guard let id = try addedTokens.reader.integer(key) else {
                    throw addedTokens.reader.failure(key, "is no token's id")
                }
                let isSpecial = names.contains(ExactText(key))
                var entry = TokenEntry(special: key, addedTokens.reader.file, key)
                (entry.token.isSpecial, entry.token.isNormalized) = (isSpecial, !isSpecial)
                tokens.append((id, entry))
            }
        }
        return tokens.sorted { $0.id < $1.id }
    }

    /// The special tokens with keys: transformers' own, then others, which it takes in parts.
    private func namedTokens() throws(TokenizerError) -> [TokenEntry] {
        var keys: [ExactText] = []
        var tokens: [ExactText: TokenEntry] = [:]
        func set(_ key: String, _ entry: TokenEntry?) {
            guard let entry else { return }
            let key = ExactText(key)
            if tokens.updateValue(entry, forKey: key) == nil { keys.append(key) }
        }
        for key in configuration.otherKeys where !configuration.isText(key) {
            set(key, try configuration.token(key))
        }
        for key in specialTokensMap.otherKeys { set(key, try specialTokensMap.token(key)) }
        for key in configuration.otherKeys where configuration.isText(key) {
            set(key, try configuration.token(key))
        }
        for (key, entry) in try configuration.namedExtraTokens() { set(key, entry) }
        for (key, entry) in try specialTokensMap.namedExtraTokens() { set(key, entry) }
        return try standardTokens(tokenizerClass) + keys.compactMap { tokens[$0] }
    }

    private func standardTokens(
        _ tokenizerClass: TokenizerClass?
    ) throws(TokenizerError) -> [TokenEntry] {
        var tokens: [TokenEntry] = []
        for key in TokenizerClass.keys {
            if let token = try token(key, tokenizerClass) { tokens.append(token) }
        }
        return tokens
    }

    /// The special tokens of `extra_special_tokens` and, as that was called, of
    /// `additional_special_tokens`. Which of these count is as transformers happens to have it.
    private func extraTokens() throws(TokenizerError) -> (listed: [TokenEntry]?, old: [TokenEntry]?)
    {
        let (key, oldKey) = ("extra_special_tokens", "additional_special_tokens")
        var listed = try configuration.tokens(key)
        var old = try configuration.tokens(oldKey)
        if configuration.extraKeys.isEmpty, listed?.isEmpty ?? true, old != nil {
            swap(&listed, &old)
        }
        if let more = try specialTokensMap.tokens(key) { listed = (listed ?? []) + more }
        if let more = try specialTokensMap.tokens(oldKey) { old = more }
        return (listed, old)
    }

    /// The special token of a key.
    func token(_ key: String) throws(TokenizerError) -> TokenEntry? {
        try token(key, tokenizerClass)
    }

    /// The special token of a key: the older file's if that has the key, else the newer's, else the
    /// class's own.
    private func token(
        _ key: String, _ tokenizerClass: TokenizerClass?
    ) throws(TokenizerError) -> TokenEntry? {
        if specialTokensMap.keys.contains(key) { return try specialTokensMap.token(key) }
        if configuration.keys.contains(key) { return try configuration.token(key) }
        return tokenizerClass?.token(key).map {
            TokenEntry(special: $0, configuration.reader.file, key)
        }
    }
}

extension TokenizerPipeline {
    /// Says whether the first word gets a space in front, if words are split as GPT-2's and no further.
    fileprivate mutating func setPrefixSpace(_ isAdded: Bool) {
        switch (splits.count, splits.first, splits.last) {
        case (1, .gpt2?, _), (2, .prefixSpace?, .gpt2?):
            splits = isAdded ? [.prefixSpace, .gpt2] : [.gpt2]
        default: break
        }
    }
}
