/// Why a tokenizer can't be loaded, or a text can't be tokenized.
public struct TokenizerError: Error, Sendable, Equatable, CustomStringConvertible {
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// A stable name.
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// No such file, or no tokenizer where one was looked for.
        public static let notFound = Code(rawValue: "notFound")
        /// A file contradicts itself or can't be read.
        public static let invalid = Code(rawValue: "invalid")
        /// A file asks for something that isn't built.
        public static let unsupported = Code(rawValue: "unsupported")
        /// A text on which a pattern of the tokenizer takes too long.
        public static let tooSlow = Code(rawValue: "tooSlow")
    }

    public let code: Code
    /// The file, or the text's beginning.
    public let file: String
    /// Where in the file: a path of keys, as in `pre_tokenizer.pretokenizers[0].pattern`; empty for
    /// the whole.
    public let keyPath: String
    /// What is wrong, and what to do.
    public let reason: String

    public init(_ code: Code, file: String, keyPath: String = "", _ reason: String) {
        self.code = code
        self.file = file
        self.keyPath = keyPath
        self.reason = reason
    }

    /// File, place and reason in one line.
    public var description: String {
        keyPath.isEmpty ? "\(file): \(reason)" : "\(file): \(keyPath): \(reason)"
    }
}
