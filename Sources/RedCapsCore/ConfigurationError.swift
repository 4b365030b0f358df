/// Why a configuration is refused: which key, which value, and what is expected.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The key path from the top of the file, as in `dataset.image_size`; empty for the whole.
    public let keyPath: String
    /// The refused value, in short.
    public let value: String?
    /// What is wrong with it, or what to do.
    public let reason: String
    /// Further mistakes of the same configuration; none of theirs.
    public private(set) var others: [ConfigurationError] = []

    public init(_ keyPath: String, value: String? = nil, _ reason: String) {
        self.keyPath = keyPath
        self.value = value
        self.reason = reason
    }

    /// Runs what may find mistakes, and goes on without a value after one.
    static func collecting<Value>(
        _ mistakes: inout [ConfigurationError], _ body: () throws(ConfigurationError) -> Value
    ) -> Value? {
        do throws(ConfigurationError) { return try body() } catch {
            mistakes.append(error)
            return nil
        }
    }

    /// Ends with all mistakes that were found, if there are any.
    static func end(with mistakes: [ConfigurationError]) throws(ConfigurationError) {
        guard var first = mistakes.first else { return }
        for mistake in mistakes.dropFirst() {
            let inner = mistake.others
            var own = mistake
            own.others = []
            first.others += [own] + inner
        }
        throw first
    }

    /// Key path, value and reason, and those of the other mistakes, in one line.
    public var description: String {
        let place = keyPath.isEmpty ? "configuration" : keyPath
        let own = value.map { "\(place) = \($0): \(reason)" } ?? "\(place): \(reason)"
        return ([own] + others.map(\.description)).joined(separator: "; ")
    }
}
