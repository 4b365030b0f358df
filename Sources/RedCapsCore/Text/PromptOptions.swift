/// How a prompt of more than `max_length` ids is cut.
public struct PromptTruncation: Sendable, Hashable {
    /// A stable name.
    public let name: String

    /// Ids beyond `max_length` are cut off, as in the reference: a long caption's prompt loses its closing
    /// tokens.
    public static let end = PromptTruncation(name: "end")
    /// Words at the caption's end are left out until the whole prompt fits; of a caption without white
    /// space, characters.
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
    /// By default `.end`, as in the reference.
    public var truncation: PromptTruncation
    /// By default `.special`, as in the reference.
    public var captionTokens: CaptionTokens

    public init(
        truncation: PromptTruncation = .end, captionTokens: CaptionTokens = .special
    ) {
        self.truncation = truncation
        self.captionTokens = captionTokens
    }
}
