import RedCapsBase

/// A `tokenizer_config.json`, or one of the older files beside it.
struct SettingsFile {
    let reader: JSONReader
    /// The keys in their order, in which new tokens get their ids.
    let keys: [String]
    /// The keys of `extra_special_tokens`, where that is an object.
    let extraKeys: [String]

    /// Reads a file. One that isn't there says nothing.
    /// - Parameter isRead: Whether the file counts, if it is there.
    init(_ file: String, isRead: Bool = true) throws(TokenizerError) {
        guard isRead, Disk.exists(file) else {
            reader = try JSONReader(.object([:]), file, "")
            (keys, extraKeys) = ([], [])
            return
        }
        var values: [ExactText: JSONValue] = [:]
        var keys: [String] = []
        var extraKeys: [String] = []
        do {
            var scanner = JSONScanner(try TokenizerFolder.bytes(of: file))
            try scanner.readObject { key, scanner throws(JSONError) in
                keys.append(key)
                if key == "extra_special_tokens" {
                    extraKeys = []
                    var ahead = scanner
                    if try ahead.peek() == UInt8(ascii: "{") {
                        try ahead.readObject { key, scanner throws(JSONError) in
                            extraKeys.append(key)
                            try scanner.skipValue()
                        }
                    }
                }
                values[ExactText(key)] = try scanner.readValue()
            }
            try scanner.finish()
        } catch let error as TokenizerError {
            throw error
        } catch {
            throw TokenizerError(.invalid, file: file, "\(error)")
        }
        reader = try JSONReader(.object(values), file, "")
        (self.keys, self.extraKeys) = (keys, extraKeys)
    }

    /// The special token of a key, if it isn't missing or `null`.
    func token(_ key: String) throws(TokenizerError) -> TokenEntry? {
        try reader[key].map { value throws(TokenizerError) in
            try TokenEntry(special: value, reader.file, key)
        }
    }

    /// The keys of special tokens that no class of transformers has, such as `image_token`.
    var otherKeys: [String] {
        keys.filter { key in
            guard key.hasSuffix("_token"), !TokenizerClass.keys.contains(key) else { return false }
            // `add_bos_token` ends so, too.
            return switch reader[key] {
            case .string?, .object?: true
            default: false
            }
        }
    }

    func isText(_ key: String) -> Bool {
        if case .string? = reader[key] { true } else { false }
    }

    /// The special tokens that `extra_special_tokens` names, where that is an object.
    func namedExtraTokens() throws(TokenizerError) -> [(key: String, entry: TokenEntry)] {
        guard !extraKeys.isEmpty, let values = try reader.object("extra_special_tokens") else {
            return []
        }
        var tokens: [(key: String, entry: TokenEntry)] = []
        for key in extraKeys {
            guard let value = values[key] else { continue }
            tokens.append((key, try TokenEntry(special: value, reader.file, values.path(key))))
        }
        return tokens
    }

    /// The special tokens in an array, or `nil` if the key is missing or names them.
    func tokens(_ key: String) throws(TokenizerError) -> [TokenEntry]? {
        if key == "extra_special_tokens", case .object? = reader[key] { return nil }
        guard let values = try reader.array(key) else { return nil }
        var tokens: [TokenEntry] = []
        for (number, value) in values.enumerated() {
            tokens.append(try TokenEntry(special: value, reader.file, "\(key)[\(number)]"))
        }
        return tokens
    }
}
