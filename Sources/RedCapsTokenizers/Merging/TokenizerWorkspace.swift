/// What a thread encodes in.
///
/// Sendable: whoever takes one from a tokenizer's pool is the only one who has it.
final class TokenizerWorkspace<Model: WordModel>: @unchecked Sendable {
    private var encoder: WordEncoder<Model>
    private var text: [UInt8] = []

    init(_ model: Model) { encoder = WordEncoder(model) }

    /// Encodes a text.
    func encode(
        _ string: String, _ plain: [Range<Int>], _ addSpecialTokens: Bool,
        _ pipeline: TokenizerPipeline
    ) throws(TokenizerError) -> [Int] {
        encoder.removeAll()
        if addSpecialTokens { for id in pipeline.prefix { encoder.append(id) } }
        text.removeAll(keepingCapacity: true)
        text.append(contentsOf: string.utf8)
        let count = text.count
        text.append(contentsOf: repeatElement(0, count: ScalarText.padding))
        try text.withText { padded throws(TokenizerError) in
            try pipeline.encode(padded.part(0, count), plain: plain, into: &encoder)
        }
        if addSpecialTokens { for id in pipeline.suffix { encoder.append(id) } }
        return encoder.ids()
    }
}
