import RedCapsBase

/// A token that is to be added, and where it was read.
struct TokenEntry {
    var token: AddedToken
    let file: String
    let keyPath: String

    /// A special token that is looked for as it is written.
    init(special content: String, _ file: String, _ keyPath: String = "") {
        token = AddedToken(content: content, isSpecial: true, isNormalized: false)
        self.file = file
        self.keyPath = keyPath
    }

    /// Reads a special token, which is text or an object with properties.
    init(
        special value: JSONValue, _ file: String, _ keyPath: String
    ) throws(TokenizerError) {
        switch value {
        case .string(let content): self.init(special: content, file, keyPath)
        case .object:
            try self.init(JSONReader(value, file, keyPath))
            token.isSpecial = true
        default:
            throw TokenizerError(
                .invalid, file: file, keyPath: keyPath,
                "\(value.summary) is neither text nor an object with a token's properties")
        }
    }

    /// Reads a token's properties.
    init(_ reader: JSONReader) throws(TokenizerError) {
        guard let content = try reader.string("content") else {
            throw reader.failure("content", "a text is needed")
        }
        let isSpecial = try reader.bool("special") ?? false
        token = AddedToken(
            content: content, isSpecial: isSpecial,
            isSingleWord: try reader.bool("single_word") ?? false,
            stripsLeft: try reader.bool("lstrip") ?? false,
            stripsRight: try reader.bool("rstrip") ?? false,
            isNormalized: try reader.bool("normalized") ?? !isSpecial)
        file = reader.file
        keyPath = reader.path("content")
    }
}

extension TokenizerPipeline {
    /// Adds tokens to the vocabulary.
    mutating func add(_ entries: [TokenEntry]) throws(TokenizerError) {
        guard !entries.isEmpty else { return }
        let steps = self
        var added = self.added
        try added.add(entries.map(\.token), to: model) {
            number throws(TokenizerError) in
            let entry = entries[number]
            let form = try steps.normalized(entry.token.content)
            if !form.isEmpty { return form }
            throw TokenizerError(
                .unsupported, file: entry.file, keyPath: entry.keyPath,
                "nothing is left of \(entry.token.content.debugDescription) when it is normalized, "
                    + "so that it would match everywhere; \(JSONReader.advice)")
        }
        self.added = added
    }
}
