import ArgumentParser
import RedCapsCore
import RedCapsTokenizers

struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize", abstract: "Prints the ids of texts, as a model's tokenizer gives them.")

    @Option(help: "A model's folder, a tokenizer's file, or a model's name in the Hugging Face cache.")
    var tokenizer: String

    @Option(help: "Instead of a text: a file of which each line is one.")
    var file: String?

    @Argument(help: "The text.")
    var text: String?

    func run() throws {
        let tokenizer = try BytePairTokenizer(path: tokenizer)
        let texts: [String]
        if let file {
            let (folder, name) = FolderStore.containing(file)
            let all = String(decoding: try folder.bytes(of: name), as: UTF8.self)
            texts = try JSONValue(parsing: Array(all.utf8)).strings
        } else { texts = [text ?? ""] }
        let clock = ContinuousClock()
        let t = clock.now
        var n = 0
        var all: [[Int]] = []
        for text in texts { let ids = try tokenizer.encode(text); n += ids.count; all.append(ids) }
        let d = (clock.now - t)
        Terminal.show("\(texts.count) texts \(n) ids \(Double(texts.count) / (d / .seconds(1)))/s\n")
        for ids in all { print(ids.map(String.init).joined(separator: " ")) }
    }
}
extension JSONValue {
    var strings: [String] { if case .array(let v) = self { v.compactMap { if case .string(let s) = $0 { s } else { nil } } } else { [] } }
}
