import RedCapsBase

/// Reads the values of one object of a tokenizer's file, and knows the file and the path of keys.
struct JSONReader {
    let file: String
    let keyPath: String
    private let values: [ExactText: JSONValue]

    init(_ value: JSONValue, _ file: String, _ keyPath: String) throws(TokenizerError) {
        guard case .object(let values) = value else {
            throw TokenizerError(
                .invalid, file: file, keyPath: keyPath,
                "\(value.summary) isn't an object")
        }
        self.file = file
        self.keyPath = keyPath
        self.values = values
    }

    func path(_ key: String) -> String { keyPath.isEmpty ? key : "\(keyPath).\(key)" }

    var keys: [String] { values.keys.sorted().map(\.text) }

    /// An error about a key, with its value.
    func failure(
        _ key: String, _ reason: String, _ code: TokenizerError.Code = .invalid
    ) -> TokenizerError {
        let value = values[ExactText(key)].map { "\($0.summary) " } ?? ""
        return TokenizerError(code, file: file, keyPath: path(key), value + reason)
    }

    /// An error about a key whose value asks for something that isn't built.
    func unsupported(_ key: String) -> TokenizerError {
        failure(key, "isn't supported; \(Self.advice)", .unsupported)
    }

    static let advice =
        "wrap another library's tokenizer in ClosureTokenizer, as Docs/Embedding.md shows"

    /// The value of a key, or `nil` if it is missing or `null`.
    subscript(key: String) -> JSONValue? {
        guard let value = values[ExactText(key)], value != .null else { return nil }
        return value
    }

    func string(_ key: String) throws(TokenizerError) -> String? {
        guard let value = self[key] else { return nil }
        guard case .string(let text) = value else { throw failure(key, "isn't text") }
        return text
    }

    func bool(_ key: String) throws(TokenizerError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard case .bool(let flag) = value else { throw failure(key, "isn't true or false") }
        return flag
    }

    func integer(_ key: String) throws(TokenizerError) -> Int? {
        guard let value = self[key] else { return nil }
        guard case .integer(let number) = value else { throw failure(key, "isn't an integer") }
        return number
    }

    func array(_ key: String) throws(TokenizerError) -> [JSONValue]? {
        guard let value = self[key] else { return nil }
        guard case .array(let values) = value else { throw failure(key, "isn't an array") }
        return values
    }

    func object(_ key: String) throws(TokenizerError) -> JSONReader? {
        guard let value = self[key] else { return nil }
        return try JSONReader(value, file, path(key))
    }

    /// The objects of an array.
    func objects(_ key: String) throws(TokenizerError) -> [JSONReader]? {
        guard let values = try array(key) else { return nil }
        var readers: [JSONReader] = []
        for (number, value) in values.enumerated() {
            readers.append(try JSONReader(value, file, "\(path(key))[\(number)]"))
        }
        return readers
    }

    /// The type of a step, which must be there.
    func type() throws(TokenizerError) -> String {
        guard let type = try string("type") else { throw failure("type", "a type is needed") }
        return type
    }

    /// Makes sure that there are no keys but some.
    func allow(_ keys: Set<ExactText>) throws(TokenizerError) {
        if let key = self.keys.first(where: { !keys.contains(ExactText($0)) }) {
            throw unsupported(key)
        }
    }
}
