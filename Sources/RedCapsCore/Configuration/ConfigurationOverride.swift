public import RedCapsBase

/// One value of a configuration, set from outside: `dataset.image_size=256`.
public struct ConfigurationOverride: Sendable, Equatable {
    /// The keys from the top of the file, and places in lists.
    public let path: [String]
    public let value: JSONValue

    /// Sets the value at a key path with dots between the keys.
    /// - Throws: `ConfigurationError` for a path with an empty key.
    public init(_ keyPath: String, _ value: JSONValue) throws(ConfigurationError) {
        path = keyPath.pieces(at: ".", keepingEmpty: true).map(String.init)
        self.value = value
        if path.contains("") {
            throw ConfigurationError(keyPath, "a key path is keys with dots between them")
        }
    }

    /// Reads `key.path=value` as mmengine's `--cfg-options` does.
    ///
    /// The value is JSON if it can be read so. Else `[a, b]` and `(a, b)` are lists of such values,
    /// `1,2` is a list of numbers, `True`, `False` and `None` mean what they mean in Python, and
    /// anything else is text, of which a pair of quotes is taken off. (mmengine would also take all
    /// spaces out of text, and split it at commas.)
    /// - Throws: `ConfigurationError` for anything without `=`, or with an empty key.
    public init(parsing text: String) throws(ConfigurationError) {
        guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw ConfigurationError(text, "an override is KEY.PATH=VALUE")
        }
        try self.init(
            String(text[..<sign]), Self.value(of: text[text.utf8.index(after: sign)...], depth: 0))
    }

    private static func value(of text: Substring, depth: Int) -> JSONValue {
        let trimmed = PythonText.strip(String(text))
        if let value = try? JSONValue(parsing: Array(trimmed.utf8)) { return value }
        switch trimmed.lowercased() {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "none" where trimmed == "None": return .null
        case "inf", "nan", "-inf": return .number(Double(trimmed) ?? .nan)
        default: break
        }
        let ends = (trimmed.unicodeScalars.first, trimmed.unicodeScalars.last)
        let inner = Substring(trimmed.unicodeScalars.dropFirst().dropLast())
        if depth < 100, trimmed.utf8.count > 1, ends == ("[", "]") || ends == ("(", ")"),
            let parts = elements(of: inner)
        {
            return .array(parts.map { value(of: $0, depth: depth + 1) })
        }
        if trimmed.utf8.contains(UInt8(ascii: ",")), let parts = elements(of: trimmed[...]) {
            let values = parts.map { try? JSONValue(parsing: Array($0.utf8)) }
            let numbers = values.compactMap { value -> JSONValue? in
                switch value {
                case .integer, .number: value
                default: nil
                }
            }
            if numbers.count == parts.count { return .array(numbers) }
        }
        if trimmed.utf8.count > 1, ends == ("\"", "\"") || ends == ("'", "'") {
            return .string(String(inner))
        }
        return .string(String(text))
    }

    /// Splits at the commas that aren't in brackets.
    /// - Returns: `nil` if the brackets don't match.
    private static func elements(of text: Substring) -> [Substring]? {
        var parts: [Substring] = []
        var depth = 0
        var start = text.startIndex
        let scalars = text.unicodeScalars
        for index in scalars.indices {
            switch scalars[index] {
            case "[", "(": depth += 1
            case "]", ")": depth -= 1
            case "," where depth == 0:
                parts.append(text[start..<index])
                start = scalars.index(after: index)
            default: break
            }
            if depth < 0 { return nil }
        }
        // As in Python, a comma at the end begins no other element.
        if !PythonText.strip(String(text[start...])).isEmpty { parts.append(text[start...]) }
        return depth == 0 ? parts : nil
    }
}

extension JSONValue {
    /// A whole configuration with some values set.
    ///
    /// A dump has its data set twice, as `dataset` and in `train_dataloader`; as long as the two are
    /// equal, an override of one is one of both. If only the loader has it, `dataset` means that.
    /// - Throws: `ConfigurationError` where a path leads nowhere.
    func applying(_ overrides: [ConfigurationOverride]) throws(ConfigurationError) -> JSONValue {
        let inLoader = ["train_dataloader", "dataset"]
        let (own, loaders) = (self["dataset"], self["train_dataloader"]?["dataset"])
        var result = self
        for override in overrides {
            let path = override.path
            if own == nil, loaders != nil, path[0] == "dataset" {
                try result.set(inLoader + path.dropFirst(), to: override.value)
                continue
            }
            try result.set(path[...], to: override.value)
            guard let own, own == loaders else { continue }
            if path[0] == "dataset" {
                try result.set(inLoader + path.dropFirst(), to: override.value)
            } else if path.starts(with: inLoader, by: { $0.isExactly($1) }) {
                try result.set(["dataset"] + path.dropFirst(2), to: override.value)
            }
        }
        return result
    }

    private subscript(key: String) -> JSONValue? {
        if case .object(let values) = self { values[ExactText(key)] } else { nil }
    }

    /// Sets the value at a path, whose last key may be new.
    private mutating func set(
        _ path: ArraySlice<String>, to value: JSONValue, in whole: ArraySlice<String>? = nil
    ) throws(ConfigurationError) {
        guard let key = path.first else {
            self = value
            return
        }
        let whole = whole ?? path
        let place = whole[..<path.startIndex].joined(separator: ".")
        let here = place.isEmpty ? key : "\(place).\(key)"
        switch self {
        case .object(var values):
            guard var inner = values[ExactText(key)] ?? (path.count == 1 ? JSONValue.null : nil)
            else {
                throw ConfigurationError(here, "there is no such key to set something in")
            }
            try inner.set(path.dropFirst(), to: value, in: whole)
            values[ExactText(key)] = inner
            self = .object(values)
        case .array(var values):
            guard let index = Int(key), values.indices.contains(index) else {
                throw ConfigurationError(
                    here, "expected a place in a list of \(values.count), 0 for the first")
            }
            try values[index].set(path.dropFirst(), to: value, in: whole)
            self = .array(values)
        default:
            throw ConfigurationError(
                place, value: summary, "is no dictionary or list in which \(key) could be set")
        }
    }
}
