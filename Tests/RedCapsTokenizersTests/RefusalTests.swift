import RedCapsTokenizers
import TestSupport
import Testing

@Suite("A tokenizer's file")
struct RefusalTests {
    private func failure(_ json: String) throws -> TokenizerError {
        let folder = try TemporaryFolder()
        let file = try folder.write("tokenizer.json", json)
        let error = #expect(throws: TokenizerError.self) { try ModelTokenizer(path: file) }
        let found = try #require(error)
        #expect(found.file == file)
        return found
    }

    @Test(
        "that asks for what isn't built is refused by the path of the key, with advice",
        arguments: [
            (Models.json(model: #"{"type": "WordPiece", "vocab": {"a": 0}}"#), "model.type"),
            (Models.json(model: #"{"type": "Unigram", "vocab": [["a", -1.5]]}"#), "model.type"),
            (
                Models.json(
                    model: #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}"#),
                "model.dropout"
            ),
            (
                Models.json(
                    model:
                        #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "continuing_subword_prefix": "@"}"#
                ), "model.continuing_subword_prefix"
            ),
            (
                Models.json(
                    model:
                        #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "byte_fallback": true}"#),
                "model.byte_fallback"
            ),
            (Models.json(normalizer: #"{"type": "NFD"}"#), "normalizer.type"),
            (
                Models.json(
                    normalizer:
                        #"{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "BertNormalizer"}]}"#
                ), "normalizer.normalizers[1].type"
            ),
            (
                Models.json(
                    normalizer: #"{"type": "Replace", "pattern": {"Regex": "^a"}, "content": ""}"#),
                "normalizer.pattern.Regex"
            ),
            (
                Models.json(
                    normalizer: #"{"type": "Strip", "strip_left": true, "strip_right": true}"#,
                    added: #"[{"id": 4, "content": " ", "normalized": true}]"#),
                "added_tokens[0].content"
            ),
            (Models.json(preTokenizer: "null"), "pre_tokenizer"),
            (Models.json(preTokenizer: #"{"type": "Metaspace"}"#), "pre_tokenizer"),
            (
                Models.json(
                    preTokenizer:
                        #"{"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, \#(Models.byteLevel)]}"#
                ), "pre_tokenizer.pretokenizers[0].type"
            ),
            (
                Models.json(
                    preTokenizer:
                        #"{"type": "Sequence", "pretokenizers": [\#(Models.byteLevel), {"type": "Digits"}]}"#
                ), "pre_tokenizer.pretokenizers[1]"
            ),
            (Models.json(postProcessor: #"{"type": "BertProcessing"}"#), "post_processor.type"),
            (Models.json(decoder: #"{"type": "WordPiece"}"#), "decoder.type"),
            (Models.json(version: "2.0"), "version"),
        ])
    func unsupported(json: String, keyPath: String) throws {
        let error = try failure(json)
        #expect(error.code == .unsupported)
        #expect(error.keyPath == keyPath)
        #expect(error.reason.contains("ClosureTokenizer"), "\(error)")
    }

    @Test(
        "with a pattern that isn't understood is refused by what is in it",
        arguments: [
            (#"\\p{Han}+"#, #"\p{Han}"#), ("a{1,3}+b", "interval"), ("(a*)*", "empty"),
            (#"\\bword"#, #"\b"#), ("(a", "no end"), ("a)", "odd"), ("[a", "too early"),
            ("[z-a]", "range"), ("(?<name>a)", "(?<n"), ("(?=a.*)b", "without a limit"),
            ("(?<=ab)c", "looking back"), ("(?i:größe)", "ASCII"), ("(?i:boss)", "fold"),
            ("a*", "nothing at all"), ("^a", "^"), (#"\\xe9"#, "byte"), ("[[:alpha:]]", "[:"),
        ])
    func patterns(pattern: String, reason: String) throws {
        let error = try failure(
            Models.json(
                preTokenizer: """
                    {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": \
                    "\(pattern)"}, "behavior": "Isolated", "invert": false}, \(Models.byteLevel)]}
                    """))
        #expect(error.code == .unsupported)
        #expect(error.keyPath == "pre_tokenizer.pretokenizers[0].pattern.Regex")
        #expect(error.reason.contains(reason), "\(error)")
    }

    @Test(
        "that contradicts itself is refused",
        arguments: [
            (#"{"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}"#, "model.vocab"),
            (#"{"type": "BPE", "vocab": {"a": 0, "a": 1}, "merges": []}"#, "model.vocab"),
            (#"{"type": "BPE", "vocab": {"a": -1}, "merges": []}"#, "model.vocab"),
            (#"{"type": "BPE", "vocab": {"a": 4000000000}, "merges": []}"#, "model.vocab"),
            (#"{"type": "BPE", "vocab": {"a": "x"}, "merges": []}"#, "model.vocab"),
            (#"{"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}"#, "model.merges[0]"),
            (#"{"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}"#, "model.merges[0]"),
            (#"{"type": "BPE", "merges": [["a"]], "vocab": {"a": 0}}"#, "model.merges[0]"),
            (#"{"type": "BPE", "vocab": {"a": 0}}"#, "model.merges"),
            (#"{"type": "BPE", "merges": []}"#, "model.vocab"),
            (
                #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "x"}"#,
                "model.unk_token"
            ),
        ])
    func invalid(model: String, keyPath: String) throws {
        let error = try failure(Models.json(model: model))
        #expect(error.code == .invalid)
        #expect(error.keyPath == keyPath)
    }

    @Test("that is no JSON is refused with the byte")
    func damaged() throws {
        let whole = Models.json()
        for count in stride(from: 0, to: whole.count, by: 7) {
            let error = try failure(String(whole.prefix(count)))
            #expect(error.code == .invalid)
            #expect(error.reason.contains("at byte"), "\(error)")
        }
    }

    @Test("whose merges come before the vocabulary is read all the same")
    func order() throws {
        let folder = try TemporaryFolder()
        let model = #"{"merges": [["a", "b"]], "type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}}"#
        let tokenizer = try ModelTokenizer(
            path: folder.write("tokenizer.json", Models.json(model: model)))
        #expect(try tokenizer.encode("aabb") == [0, 2, 1])
    }
}
