/// A byte-pair model: tokens, merges, and what happens to bytes that are no token.
struct BytePairModel: Sendable {
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
}
