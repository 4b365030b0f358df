import RedCapsBase

/// Reads the values of one dictionary of a configuration, knows its key path for messages, and
/// remembers which keys nobody asked for.
struct ConfigurationReader {
    let keyPath: String
    private let values: [ExactText: JSONValue]
    private var known: Set<ExactText> = []

    init(_ value: JSONValue, at keyPath: String) throws(ConfigurationError) {
        guard case .object(let values) = value else {
            throw ConfigurationError(keyPath, value: value.summary, "expected a dictionary")
        }
        self.keyPath = keyPath
        self.values = values
    }

    /// Keys that were never read, with their paths, sorted.
    var unknownKeys: [String] {
        values.keys.filter { !known.contains($0) }.sorted().map { path($0.text) }
    }

    /// A line about each of them, with the key that may be meant.
    var notesOnUnknownKeys: [String] {
        let names = known.sorted().map(\.text)
        return unknownKeys.map { TrainingConfiguration.note(unknown: $0, names) }
    }

    func path(_ key: String) -> String {
        keyPath.isEmpty ? key : "\(keyPath).\(key)"
    }

    func failure(_ key: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(path(key), value: values[ExactText(key)]?.summary, reason)
    }

    /// Whether a key is there, be it with `null`.
    func has(_ key: String) -> Bool { values[ExactText(key)] != nil }

    /// The value, or `nil` if it is missing or `null`.
    mutating func value(_ key: String) -> JSONValue? {
        known.insert(ExactText(key))
        guard let value = values[ExactText(key)], value != .null else { return nil }
        return value
    }

    /// The value of a key that a default covers when it is missing, but not when it is `null`.
    private mutating func valueOrDefault<Value>(
        _ key: String, _ fallback: Value, _ expected: String, _ convert: (JSONValue) -> Value?
    ) throws(ConfigurationError) -> Value {
        known.insert(ExactText(key))
        guard let value = values[ExactText(key)] else { return fallback }
        guard let converted = convert(value) else { throw failure(key, "expected \(expected)") }
        return converted
    }

    mutating func optionalString(_ key: String) throws(ConfigurationError) -> String? {
        guard let value = value(key) else { return nil }
        guard case .string(let text) = value else { throw failure(key, "expected a string") }
        return text
    }

    mutating func string(_ key: String) throws(ConfigurationError) -> String {
        guard let text = try optionalString(key) else { throw failure(key, "a string is needed") }
        return text
    }

    mutating func string(_ key: String, default fallback: String) throws(ConfigurationError)
        -> String
    {
        try valueOrDefault(key, fallback, "a string") {
            if case .string(let text) = $0 { text } else { nil }
        }
    }

    mutating func bool(_ key: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
        try valueOrDefault(key, fallback, "true or false") {
            if case .bool(let flag) = $0 { flag } else { nil }
        }
    }

    mutating func integer(
        _ key: String, default fallback: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        let expected = "an integer in \(range.lowerBound) ... \(range.upperBound)"
        return try valueOrDefault(key, fallback, expected) {
            if case .integer(let number) = $0, range.contains(number) { number } else { nil }
        }
    }

    mutating func fraction(
        _ key: String, default fallback: Double
    ) throws(ConfigurationError) -> Double {
        try valueOrDefault(key, fallback, "a number in 0 ... 1") {
            let number: Double? =
                switch $0 {
                case .integer(let number): Double(number)
                case .number(let number): number
                default: nil
                }
            return number.flatMap { (0...1).contains($0) ? $0 : nil }
        }
    }

    /// The last part of a dotted `type`, as in `mmengine.dataset.InfiniteSampler`.
    mutating func typeName() throws(ConfigurationError) -> String? {
        try optionalString("type").map { type in
            String(type[(type.lastIndex(of: ".").map(type.index(after:)) ?? type.startIndex)...])
        }
    }

    /// An integer, or `nil` if it is missing or `null`.
    mutating func optionalInteger(_ key: String) throws(ConfigurationError) -> Int? {
        guard let value = value(key) else { return nil }
        guard case .integer(let number) = value else { throw failure(key, "expected an integer") }
        return number
    }

    /// An integer that must be there.
    mutating func requiredInteger(
        _ key: String, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        guard let number = try optionalInteger(key), range.contains(number) else {
            throw failure(
                key, "an integer in \(range.lowerBound) ... \(range.upperBound) is needed")
        }
        return number
    }

    /// One line about a key that nothing here acts on, if it asks for anything.
    mutating func note(
        _ key: String, _ reason: String, unless same: JSONValue = .bool(false)
    ) -> String? {
        guard let value = value(key), value != same else { return nil }
        return "\(path(key)) has no effect: \(reason)"
    }

    /// Refuses a key that would change what is loaded and that nothing here acts on.
    mutating func refuse(_ key: String, _ reason: String) throws(ConfigurationError) {
        if value(key) != nil { throw failure(key, reason) }
    }
}
