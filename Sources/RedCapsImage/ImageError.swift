/// Why an image can't be decoded or encoded.
public struct ImageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure. New kinds may be added; compare with the ones you know.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as in `Code.truncated`.
        public let description: String

        init(_ name: String) { description = name }

        /// The bytes aren't those of a format that is decoded here.
        public static let unknownFormat = Code("unknownFormat")
        /// The format is known, but not this kind of it.
        public static let unsupported = Code("unsupported")
        /// The file is damaged.
        public static let invalid = Code("invalid")
        /// The file ends before the image does.
        public static let truncated = Code("truncated")
        /// The image has more pixels, or more bytes, than the limit.
        public static let tooLarge = Code("tooLarge")
        /// A size, region or option that was asked for makes no sense.
        public static let badRequest = Code("badRequest")
        /// There is no memory left.
        public static let noMemory = Code("noMemory")
    }

    public let code: Code
    /// What is wrong, in one line.
    public let reason: String

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { reason }
}
