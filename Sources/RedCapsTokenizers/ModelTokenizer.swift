/// A model's own tokenizer, with the ids that Hugging Face's `tokenizers` gives.
///
/// Of the kinds that there are, byte-level byte pairs are loaded: what Qwen2 and InternVL3, GPT-2 and
/// RoBERTa, Llama 3, GPT-4 and CLIP are published with; `Docs/Tokenizers.md` lists what a file may
/// ask for. Any thread may encode at any time: each encodes in memory of its own, which is kept for
/// the next text.
public final class ModelTokenizer: PlainTextTokenizer {
    private let pipeline: TokenizerPipeline
    private let encoder: TextEncoder

    init(_ pipeline: TokenizerPipeline) {
        var pipeline = pipeline
        pipeline.findShortWay()
        self.pipeline = pipeline
        encoder = pipeline.model.makeEncoder(pipeline)
    }

    /// - Parameters:
    ///   - text: Any text; what looks like an added token becomes one.
    ///   - addSpecialTokens: Whether to put before and after it what the model's post-processor
    ///     does, such as the beginning of a sequence.
    /// - Throws: `TokenizerError` if a pattern that isn't a published one takes too long on it.
    public func encode(
        _ text: String, addSpecialTokens: Bool = true
    ) throws(TokenizerError) -> [Int] {
        try encoder.encode(text, [], addSpecialTokens)
    }

    /// Encodes a text in parts of which special tokens mean nothing.
    /// - Parameters:
    ///   - text: Any text.
    ///   - plain: Ranges of its UTF-8 in which special tokens are text like any other; those that
    ///     only reach into one as well. Added tokens that aren't special stay what they are.
    ///   - addSpecialTokens: As in `encode(_:addSpecialTokens:)`.
    /// - Throws: `TokenizerError` if a pattern that isn't a published one takes too long on it.
    public func encode(
        _ text: String, plain: [Range<Int>], addSpecialTokens: Bool = true
    ) throws(TokenizerError) -> [Int] {
        try encoder.encode(text, plain, addSpecialTokens)
    }

    /// Encodes texts on several threads: the caller's and others.
    /// - Parameters:
    ///   - texts: Any texts.
    ///   - addSpecialTokens: As in `encode(_:addSpecialTokens:)`.
    ///   - threads: How many, up to 1024; by default as many as there are usable cores.
    /// - Returns: The ids of each text, in order.
    /// - Throws: `TokenizerError` for the first text for which `encode` does.
    public func encodeBatch(
        _ texts: [String], addSpecialTokens: Bool = true, threads: Int? = nil
    ) throws(TokenizerError) -> [[Int]] {
        try encoder.encodeBatch(texts, addSpecialTokens, threads: threads)
    }

    /// Turns ids back into text.
    /// - Parameters:
    ///   - ids: Ids that are no token's give nothing.
    ///   - skipSpecialTokens: Whether to leave special tokens out.
    /// - Returns: The text; what isn't UTF-8 in it becomes U+FFFD.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool = true) -> String {
        pipeline.decode(ids, skipSpecialTokens: skipSpecialTokens)
    }

    /// The id of a token, as the model's files write it: `Ġcat` for `cat` after a space.
    /// - Returns: `nil` if there is no such token.
    public func tokenToID(_ token: String) -> Int? {
        pipeline.id(of: token).map(Int.init)
    }

    /// The token of an id, as the model's files write it.
    /// - Returns: `nil` if no token has the id.
    public func idToToken(_ id: Int) -> String? {
        UInt32(exactly: id).flatMap(pipeline.token(of:))
    }

    /// How many tokens there are, with those that were added.
    public var vocabularyCount: Int { pipeline.tokenCount }
}
