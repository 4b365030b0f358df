import Foundation
import RedCapsTokenizers
import TestSupport
import Testing

@Suite("Ids are those of Hugging Face's tokenizers")
struct IdentityTests {
    static let smallNames = [
        "gpt2", "roberta", "qwen2", "llama3", "gpt4o", "clip", "words", "patterns", "engine",
        "classes", "removed", "previous", "next", "contiguous", "inverted", "unknown", "fused",
        "dropping",
    ]

    @Test("The texts are the ones that the golden ids were made of")
    func texts() throws {
        let golden = try Golden.shared.get()
        for (kind, count) in [(TextKind.captions, 20000), (.hostile, 5000), (.noise, 50000)] {
            #expect(Golden.digest(golden.tables.draw(kind, count)) == golden.texts[kind.rawValue])
        }
        #expect(golden.small.keys.sorted() == Self.smallNames.sorted())
    }

    @Test("of small tokenizers of every kind, on every kind of text", arguments: smallNames)
    func small(name: String) throws {
        let golden = try Golden.shared.get()
        let expected = try #require(golden.small[name])
        let tokenizer = try ModelTokenizer(path: Fixture.path("tokenizers/\(name).json"))
        for (kind, count) in [(TextKind.captions, 2000), (.hostile, 5000), (.noise, 5000)] {
            let texts = golden.tables.draw(kind, count)
            let ids = try texts.map { try tokenizer.encode($0) }
            #expect(Golden.digests(ids, Golden.line) == expected[kind.rawValue], "\(kind)")
            guard kind == .hostile else { continue }
            #expect(
                try Golden.digests(texts) {
                    Golden.line(try tokenizer.encode($0, addSpecialTokens: false))
                } == expected["bare"])
            #expect(
                try Golden.digests(texts) {
                    Golden.line(try tokenizer.encode($0, plain: [0..<$0.utf8.count]))
                } == expected["plain"])
            #expect(Golden.digests(ids) { tokenizer.decode($0) } == expected["decoded"])
            #expect(
                Golden.digests(ids) { tokenizer.decode($0, skipSpecialTokens: false) }
                    == expected["decodedWhole"])
        }
        let scalars = Golden.scalars(inTextsOf: 3).prefix(40000)
        #expect(
            try Golden.digests(Array(scalars)) { Golden.line(try tokenizer.encode($0)) }
                == expected["scalars"])
    }

    @Test(
        "of vocab.json and merges.txt alone, as transformers' classes use them",
        arguments: [
            ("qwen2", "Qwen2Tokenizer"), ("gpt2", "GPT2Tokenizer"),
            ("roberta", "RobertaTokenizerFast"), ("clip", "CLIPTokenizer"),
        ])
    func vocabularyAndMerges(name: String, tokenizerClass: String) throws {
        let golden = try Golden.shared.get()
        let folder = try TemporaryFolder()
        let model = try ModelFile.model(name)
        try folder.write(model, without: [])
        try folder.write("tokenizer_config.json", #"{"tokenizer_class": "\#(tokenizerClass)"}"#)
        let tokenizer = try ModelTokenizer(path: folder.path)
        let ids = try golden.tables.draw(.hostile, 5000).map { try tokenizer.encode($0) }
        #expect(Golden.digests(ids, Golden.line) == golden.files[name])
    }

    @Test(
        "of published vocabularies, on every kind of text and every scalar",
        .enabled(if: Vocabularies.areThere, "Scripts/fetch-vocabularies fetches them"),
        arguments: ["qwen2", "llama3", "llama4", "clip", "anthropic", "deepseek"])
    func published(name: String) throws {
        let golden = try Golden.shared.get()
        let expected = try #require(golden.published[name])
        let tokenizer = try ModelTokenizer(path: Vocabularies.path(name))
        for (kind, count) in [(TextKind.captions, 20000), (.hostile, 5000), (.noise, 50000)] {
            let ids = try tokenizer.encodeBatch(golden.tables.draw(kind, count))
            #expect(Golden.digests(ids, Golden.line) == expected[kind.rawValue], "\(kind)")
        }
        let scalars = Golden.scalars(inTextsOf: 1)
        #expect(
            try Golden.digests(scalars, each: 20000) { Golden.line(try tokenizer.encode($0)) }
                == expected["scalars"])
    }

    @Test(
        "of other files for the same vocabulary",
        .enabled(if: Vocabularies.areThere, "Scripts/fetch-vocabularies fetches them"),
        arguments: [
            ("qwen2-files", nil, "qwen2"), ("qwen2-files/vocab.json", .qwen2, "qwen2"),
            ("qwen.tiktoken", nil, "qwen2"), ("llama3.tiktoken", .gpt4, "llama3"),
            ("llama4.tiktoken", .gpt4o, "llama4"), ("clip-files", .clip, "clip"),
        ] as [(String, BytePairFamily?, String)])
    func otherFiles(file: String, family: BytePairFamily?, name: String) throws {
        let golden = try Golden.shared.get()
        let tokenizer = try ModelTokenizer(path: Vocabularies.path(file), family: family)
        let model = try ModelTokenizer(path: Vocabularies.path(name))
        for kind in [TextKind.captions, .hostile] {
            // Only tokenizer_config.json says what else is special.
            let texts = golden.tables.draw(kind, 3000).filter {
                file == "qwen2-files" || !$0.utf8.contains(UInt8(ascii: "<"))
            }
            for text in texts {
                let ids = try tokenizer.encode(text, addSpecialTokens: false)
                let expected = try model.encode(text, addSpecialTokens: false)
                #expect(ids == expected, "\(text.debugDescription)")
            }
        }
    }
}
