import Foundation
import RedCapsTokenizers
import TestSupport
import Testing

/// What `make_tokenizer_folders.py` wrote.
private struct Folders: Decodable {
    struct Row: Decodable, CustomTestStringConvertible {
        let name: String
        let model: String
        let without: [String]?
        let files: [String: String]
        let ids: [[Int]]
        let bare: [[Int]]
        let decoded: [String]?
        let count: Int

        var testDescription: String { name }
    }

    let texts: [String]
    let rows: [Row]

    static let shared = Result { try Fixture.decode(Folders.self, from: "tokenizers/folders.json") }
}

@Suite("A model's folder gives transformers' ids")
struct FolderTests {
    @Test(
        "with settings beside its tokenizer", arguments: try Folders.shared.get().rows)
    private func row(_ row: Folders.Row) throws {
        let texts = try Folders.shared.get().texts
        let folder = try TemporaryFolder()
        if let without = row.without {
            let model = try ModelFile.model(row.model)
            try folder.write(model, without: without)
        } else {
            let file = Fixture.path("tokenizers/\(row.model).json")
            try folder.write("tokenizer.json", String(contentsOfFile: file, encoding: .utf8))
        }
        for (name, text) in row.files { try folder.write(name, text) }
        let tokenizer = try ModelTokenizer(path: folder.path)
        #expect(tokenizer.vocabularyCount == row.count)
        for (number, text) in texts.enumerated() {
            let ids = try tokenizer.encode(text)
            #expect(ids == row.ids[number], "\(text.debugDescription)")
            #expect(try tokenizer.encode(text, addSpecialTokens: false) == row.bare[number])
            if let decoded = row.decoded {
                #expect(tokenizer.decode(ids) == decoded[number])
            }
        }
    }

    @Test("of which only vocab.json is named, with its family's own special tokens")
    func vocabularyAlone() throws {
        let folders = try Folders.shared.get()
        for (name, family) in [
            ("Qwen2TokenizerFast: missing ones are added", BytePairFamily.qwen2),
            ("RobertaTokenizerFast: RoBERTa's that are missing", .roberta),
            ("CLIPTokenizerFast: CLIP's that are missing", .clip),
        ] {
            let row = try #require(folders.rows.first { $0.name == name })
            let folder = try TemporaryFolder()
            let model = try ModelFile.model(row.model)
            try folder.write(model, without: row.without ?? [])
            // Of the folder nothing else counts then.
            try folder.write("tokenizer_config.json", #"{"eos_token": "<x>"}"#)
            try folder.write("added_tokens.json", #"{"<y>": 9}"#)
            let path = folder.path + "/vocab.json"
            let tokenizer = try ModelTokenizer(path: path, family: family)
            #expect(try folders.texts.map { try tokenizer.encode($0) } == row.ids)
        }
    }

    @Test("whose family is given, whatever its class is")
    func familyInstead() throws {
        let rows = try Folders.shared.get().rows
        let row = try #require(rows.first { $0.name == "RobertaTokenizer: RoBERTa's" })
        let folder = try TemporaryFolder()
        let model = try ModelFile.model("roberta")
        try folder.write(model, without: [])
        try folder.write(
            "tokenizer_config.json", #"{"tokenizer_class": "GPT2Tokenizer", "add_bos_token": true}"#
        )
        let tokenizer = try ModelTokenizer(path: folder.path, family: .roberta)
        let texts = try Folders.shared.get().texts
        #expect(try texts.map { try tokenizer.encode($0) } == row.ids)
    }
}
