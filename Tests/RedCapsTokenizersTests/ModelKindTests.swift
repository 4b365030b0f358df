import RedCapsTokenizers
import TestSupport
import Testing

@Suite("The kind of a tokenizer's model")
struct ModelKindTests {
    private func ids(_ model: String) throws -> [Int] {
        let folder = try TemporaryFolder()
        let file = try folder.write("tokenizer.json", Models.json(model: model))
        return try ModelTokenizer(path: file).encode("abab")
    }

    @Test(
        "is told by its type, wherever that stands; a file without one has byte pairs",
        arguments: [
            #""type": "BPE", "vocab": VOCAB, "merges": ["a b"]"#,
            #""vocab": VOCAB, "merges": ["a b"], "type": "BPE""#,
            #""merges": ["a b"], "type": "BPE", "vocab": VOCAB"#,
            #""vocab": VOCAB, "merges": ["a b"]"#,
        ])
    func place(model: String) throws {
        let vocabulary = #"{"a": 0, "b": 1, "ab": 2}"#
        #expect(try ids("{\(model.replacing("VOCAB", with: vocabulary))}") == [2, 2])
    }

    @Test(
        "that isn't known is refused by its type",
        arguments: [
            #"{"type": "Unigram", "vocab": [["a", -1.5]], "unk_id": 0}"#,
            #"{"type": "WordPiece", "vocab": {"a": 0}}"#,
        ])
    func unknown(model: String) throws {
        let error = #expect(throws: TokenizerError.self) { try ids(model) }
        #expect(error?.code == .unsupported)
        #expect(error?.keyPath == "model.type")
    }
}
