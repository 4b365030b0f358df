/// Why a configuration is refused: which key, which value, and what is expected.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The key path from the top of the file, as in `dataset.image_size`; empty for the whole.
    public let keyPath: String
    /// The refused value, in short.
    public let value: String?
    /// What is wrong with it, or what to do.
    public let reason: String

    public init(_ keyPath: String, value: String? = nil, _ reason: String) {
        self.keyPath = keyPath
        self.value = value
        self.reason = reason
    }

    /// Key path, value and reason in one line.
    public var description: String {
        let place = keyPath.isEmpty ? "configuration" : keyPath
        return value.map { "\(place) = \($0): \(reason)" } ?? "\(place): \(reason)"
    }
}
