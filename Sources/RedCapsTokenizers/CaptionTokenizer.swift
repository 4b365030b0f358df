/// Turns a prompt into ids.
public protocol CaptionTokenizer: Sendable {
    /// - Parameters:
    ///   - text: Any text; what looks like a special token may become one.
    ///   - addSpecialTokens: Whether to add what the model wants around a text, such as an
    ///     end-of-sequence id.
    /// - Throws: Whatever makes the text impossible to encode; the sample then counts as failed.
    func encode(_ text: String, addSpecialTokens: Bool) throws -> [Int]
}

/// Ids that are bytes: UTF-8 byte + 3, after pad 0, end of sequence 1 and unknown 2, as ByT5 numbers
/// them. Needs no vocabulary; text such as `</s>` stays bytes.
public struct ByteTokenizer: CaptionTokenizer {
    public init() {}

    /// Each UTF-8 byte plus 3, then 1 (end of sequence) if special tokens are asked for.
    public func encode(_ text: String, addSpecialTokens: Bool) -> [Int] {
        var ids: [Int] = []
        ids.reserveCapacity(text.utf8.count + 1)
        for byte in text.utf8 { ids.append(Int(byte) + 3) }
        if addSpecialTokens { ids.append(1) }
        return ids
    }
}

/// A tokenizer from another library, through a closure.
///
/// For one of swift-transformers: `ClosureTokenizer { tokenizer.encode(text: $0, addSpecialTokens: $1) }`.
public struct ClosureTokenizer: CaptionTokenizer {
    private let body: @Sendable (String, Bool) throws -> [Int]

    /// - Parameter body: Gets the text, and whether to add special tokens; called on several threads at
    ///   once. What it throws makes the sample fail.
    public init(_ body: @escaping @Sendable (String, Bool) throws -> [Int]) {
        self.body = body
    }

    public func encode(_ text: String, addSpecialTokens: Bool) throws -> [Int] {
        try body(text, addSpecialTokens)
    }
}

/// A tokenizer that can be told where special tokens mean nothing.
public protocol PlainTextTokenizer: CaptionTokenizer {
    /// Encodes a text in parts of which special tokens are text like any other.
    /// - Parameters:
    ///   - text: Any text.
    ///   - plain: Ranges of its UTF-8.
    ///   - addSpecialTokens: Whether to add what the model wants around a text.
    /// - Throws: Whatever makes the text impossible to encode.
    func encode(_ text: String, plain: [Range<Int>], addSpecialTokens: Bool) throws -> [Int]
}
