/// The model inside a tokenizer: what a word becomes that splitting has left.
///
/// `TokenizerPipeline` keeps one as an existential, which is asked about single tokens. Words go
/// through a `WordEncoder` of its own type, so that nothing is looked up per word.
protocol WordModel: Sendable {
    /// What a thread encodes words in.
    associatedtype Memory: WordMemory

    /// Encodes a word that isn't empty and that isn't in a cache.
    /// - Returns: How many ids lie in the memory now.
    func encode(_ word: ScalarText, in memory: Memory) -> Int

    /// How many tokens there are, without those that were added.
    var tokenCount: Int { get }

    /// The id of a token as files write it.
    func id(of token: String) -> UInt32?

    /// How files write a token.
    func token(of id: UInt32) -> String?

    /// What a token stands for on decoding, in UTF-8.
    func bytes(of id: UInt32) -> ArraySlice<UInt8>?

    /// The decoder that a `tokenizer.json` must name to have tokens joined, and, if that is
    /// `ByteLevel`, the step that splitting must end in.
    var decoderType: String { get }

    /// The encoder of texts, made where the model's type is known.
    func makeEncoder(_ pipeline: TokenizerPipeline) -> TextEncoder
}

extension WordModel {
    /// Whether tokens are made of bytes, each a token of its own.
    var isByteLevel: Bool { decoderType == "ByteLevel" }
}

/// Memory for the ids of one word, kept from word to word.
protocol WordMemory: AnyObject {
    init()

    /// Writes the first ids out.
    func copy(_ count: Int, to output: UnsafeMutablePointer<UInt32>)
}
