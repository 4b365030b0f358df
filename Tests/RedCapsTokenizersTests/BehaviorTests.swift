import RedCapsCore
import RedCapsTokenizers
import TestSupport
import Testing

@Suite("A byte-pair tokenizer")
struct BehaviorTests {
    private func small(_ name: String) throws -> ModelTokenizer {
        try ModelTokenizer(path: Fixture.path("tokenizers/\(name).json"))
    }

    @Test("Tokens that Unicode calls equivalent are different tokens")
    func spellings() throws {
        let (composed, decomposed) = ("m\u{1ED9}t", "mo\u{323}\u{302}t")
        let folder = try TemporaryFolder()
        let added = [(4, composed), (5, decomposed), (6, "<|im_start|>")].map { id, content in
            #"{"id": \#(id), "content": "\#(content)", "normalized": false, "special": \#(id == 6)}"#
        }
        let file = try folder.write(
            "tokenizer.json", Models.json(added: "[\(added.joined(separator: ", "))]"))
        let tokenizer = try ModelTokenizer(path: file)
        #expect(try tokenizer.encode("a\(composed)\(decomposed)<|im_start|>") == [0, 4, 5, 6])
        #expect(tokenizer.tokenToID(composed) == 4)
        #expect(tokenizer.tokenToID(decomposed) == 5)
        #expect(tokenizer.idToToken(5)?.utf8.count == decomposed.utf8.count)
        #expect(tokenizer.vocabularyCount == 7)
        // What goes around a text is looked up in its bytes, too.
        let template =
            #"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "\#(composed)"}}, "#
            + #"{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "\#(decomposed)"}}], "#
            + #""special_tokens": {"\#(composed)": {"ids": [4]}, "\#(decomposed)": {"ids": [5]}}}"#
        let around = try folder.write(
            "around.json",
            Models.json(postProcessor: template, added: "[\(added.joined(separator: ", "))]"))
        #expect(try ModelTokenizer(path: around).encode("a") == [4, 0, 5])
    }

    @Test("gives the same ids on many threads as on one, in order")
    func batches() throws {
        let texts = try Golden.shared.get().tables.draw(.hostile, 3000)
        for name in ["qwen2", "clip"] {
            let tokenizer = try small(name)
            let ids = try texts.map { try tokenizer.encode($0) }
            for threads in [1, 2, 5] {
                #expect(try tokenizer.encodeBatch(texts, threads: threads) == ids)
            }
            #expect(try tokenizer.encodeBatch([], threads: 2).isEmpty)
            #expect(
                try tokenizer.encodeBatch(["a"], addSpecialTokens: false, threads: 9).count == 1)
        }
    }

    @Test("tells ids of tokens and tokens of ids")
    func tokens() throws {
        let tokenizer = try small("qwen2")
        let id = try #require(tokenizer.tokenToID("<|im_end|>"))
        #expect(tokenizer.idToToken(id) == "<|im_end|>")
        #expect(try tokenizer.encode("<|im_end|>") == [id])
        let space = try #require(tokenizer.tokenToID("Ġ"))
        #expect(try tokenizer.encode(" ") == [space])
        #expect(tokenizer.idToToken(space) == "Ġ")
        #expect(tokenizer.tokenToID(" ") == nil)
        #expect(tokenizer.tokenToID("no such token") == nil)
        #expect(tokenizer.idToToken(-1) == nil)
        #expect(tokenizer.idToToken(1 << 40) == nil)
        #expect(tokenizer.decode([-1, 1 << 40, space]) == " ")
        #expect(tokenizer.vocabularyCount == 603)
    }

    @Test("takes special tokens as text where it is told to, and nowhere else")
    func plain() throws {
        let tokenizer = try small("qwen2")
        let end = try #require(tokenizer.tokenToID("<|im_end|>"))
        let text = "a<|im_end|>b<|im_end|>"
        #expect(try tokenizer.encode(text).count { $0 == end } == 2)
        let first = try tokenizer.encode(text, plain: [0..<12])
        #expect(first.count { $0 == end } == 1)
        #expect(first.last == end)
        #expect(tokenizer.decode(first, skipSpecialTokens: false) == text)
        // A token that only reaches into the range is none; one that ends there is.
        #expect(try !tokenizer.encode(text, plain: [5..<6, 13..<14]).contains(end))
        #expect(try tokenizer.encode(text, plain: [11..<12]).count { $0 == end } == 2)
        // What a caption leaves open can't be closed by the template's own.
        let open = try tokenizer.encode("<|im_e<|im_end|>", plain: [0..<6])
        #expect(open.last == end && open.count > 1)
    }

    @Test("encodes a megabyte of anything in time that is about linear")
    func megabytes() throws {
        for name in ["qwen2", "gpt4o", "clip", "patterns", "engine"] {
            let tokenizer = try small(name)
            for piece in ["a", " ", "\n", "🙂", "'", "e\u{301}", "<", "aA", "0", "\u{345}"] {
                let text = String(repeating: piece, count: 1_000_000 / piece.utf8.count)
                let ids = try tokenizer.encode(text, addSpecialTokens: false)
                if name == "gpt4o" {
                    #expect(tokenizer.decode(ids).utf8.elementsEqual(text.utf8), "\(piece)")
                }
            }
        }
    }

    @Test("refuses a text on which a pattern of its file would take for ever")
    func slow() throws {
        let folder = try TemporaryFolder()
        let pattern = "(?>a+)b|(?>(?:aa?)+)c"
        let json = Models.json(
            preTokenizer: """
                {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": \
                {"Regex": "\(pattern)"}, "behavior": "Isolated", "invert": false}, \
                {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}
                """)
        let tokenizer = try ModelTokenizer(path: folder.write("tokenizer.json", json))
        #expect(try tokenizer.encode("aab") == [0, 2])
        let error = #expect(throws: TokenizerError.self) {
            try tokenizer.encode(String(repeating: "a", count: 200_000))
        }
        #expect(error?.code == .tooSlow)
        #expect(try tokenizer.encode("aab") == [0, 2])
        // Of several such texts in a batch the first is told, however many threads there are.
        let run = String(repeating: "a", count: 200_000)
        var texts = [String](repeating: "aab", count: 200)
        (texts[60], texts[150]) = ("b" + run, "bb" + run)
        for threads in [-1, 1, 3, .max] {
            let first = #expect(throws: TokenizerError.self) {
                try tokenizer.encodeBatch(texts, threads: threads)
            }
            let alone = #expect(throws: TokenizerError.self) { try tokenizer.encode(texts[60]) }
            #expect(first == alone)
        }
        #expect(try tokenizer.encodeBatch(["aab"], threads: .max) == [[0, 2]])
    }
}
