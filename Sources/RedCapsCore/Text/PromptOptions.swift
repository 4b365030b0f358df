/// How a prompt that is longer than `max_length` becomes shorter.
public struct PromptTruncation: Sendable, Hashable {
    /// A stable name.
    public let name: String

    /// The ids at the end go, as in the reference: the closing tokens of a long caption's prompt are
    /// lost.
    public static let end = PromptTruncation(name: "end")
    /// Words at the caption's end go until the whole prompt fits; of a caption without white space,
    /// characters.
    public static let caption = PromptTruncation(name: "caption")
}

/// What special tokens mean that are written in a caption.
public struct CaptionTokens: Sendable, Hashable {
    /// A stable name.
    public let name: String

    /// What they mean elsewhere, as in the reference.
    public static let special = CaptionTokens(name: "special")
    /// Nothing: they are text. The tokenizer must be a `PlainTextTokenizer`.
    public static let plain = CaptionTokens(name: "plain")
}

/// How prompts are made of captions, where that may differ from the reference.
public struct PromptOptions: Sendable, Hashable {
    /// How a prompt that is too long becomes shorter; by default as in the reference.
    public var truncation: PromptTruncation
    /// What special tokens in captions mean; by default as in the reference.
    public var captionTokens: CaptionTokens

    /// Makes options.
    public init(
        truncation: PromptTruncation = .end, captionTokens: CaptionTokens = .special
    ) {
        self.truncation = truncation
        self.captionTokens = captionTokens
    }
}
