/// A byte-pair model: tokens, merges, and what happens to bytes that are no token.
struct BytePairModel: WordModel {
    let vocabulary: Vocabulary
    let merges: MergeTable
    /// The id of each byte.
    let byteIDs: [UInt32]
    /// The id of each byte as the last of a word: other tokens if the model has a suffix for the
    /// ends of words.
    let lastByteIDs: [UInt32]
    /// Whether every byte is a token and none is another at the end of a word.
    let isPlain: Bool
    let unknown: UInt32?
    /// Whether unknown bytes in a row are one unknown token.
    let fusesUnknown: Bool
    /// Whether a word that is a token needs no merges to become it.
    let ignoresMerges: Bool

    /// Stands for "no token".
    static let absent = UInt32.max

    init(
        vocabulary: Vocabulary, merges: [(left: UInt32, right: UInt32, result: UInt32)],
        suffix: [UInt8] = [], unknown: UInt32? = nil, fusesUnknown: Bool = false,
        ignoresMerges: Bool = false
    ) {
        let ids = (0...255 as ClosedRange<UInt8>).map { vocabulary.id(of: [$0]) }
        self.vocabulary = vocabulary
        self.merges = MergeTable(merges, byteIDs: ids)
        byteIDs = ids.map { $0 ?? Self.absent }
        lastByteIDs =
            suffix.isEmpty
            ? byteIDs
            : (0...255 as ClosedRange<UInt8>).map {
                vocabulary.id(of: [$0] + suffix) ?? Self.absent
            }
        isPlain = suffix.isEmpty && !ids.contains(nil)
        self.unknown = unknown
        self.fusesUnknown = fusesUnknown
        self.ignoresMerges = ignoresMerges
    }

    func encode(_ word: ScalarText, in memory: MergeMemory) -> Int {
        if ignoresMerges, let id = vocabulary.id(of: word) { return memory.scratch.set(id) }
        return memory.scratch.merge(word, self)
    }

    var tokenCount: Int { vocabulary.count }
    func id(of token: String) -> UInt32? { vocabulary.id(ofSpelled: Array(token.utf8)) }
    func token(of id: UInt32) -> String? { vocabulary.spelled(id) }
    func bytes(of id: UInt32) -> ArraySlice<UInt8>? { vocabulary[id] }
    var decoderType: String { "ByteLevel" }

    func makeEncoder(_ pipeline: TokenizerPipeline) -> TextEncoder {
        .bytePair(PipelineEncoder(self, pipeline))
    }
}

/// What words are merged in.
final class MergeMemory: WordMemory {
    fileprivate var scratch = MergeScratch()

    func copy(_ count: Int, to output: UnsafeMutablePointer<UInt32>) {
        unsafe scratch.copy(count, to: output)
    }
}

extension Vocabulary {
    /// The id of a token that lies in a text.
    fileprivate func id(of word: ScalarText) -> UInt32? {
        var bytes: [UInt8] = []
        word.append(0, word.count, to: &bytes)
        return id(of: bytes[...])
    }
}
