import RedCapsBase
import ArgumentParser
import RedCapsCore
import RedCapsTokenizers

struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Prints the ids of texts, as a model's own tokenizer gives them.",
        discussion: """
            Example:
              redcaps tokenize --tokenizer Qwen/Qwen2.5-0.5B "a fox in the snow"
            """)

    @Option(
        help: ArgumentHelp(
            "A model's folder, a tokenizer's file, or a model's name in the Hugging Face cache.",
            valueName: "model"))
    var tokenizer: String

    @Option(help: "How text is prepared, for files that don't say so: qwen2, gpt4 and others.")
    var family: Family?

    @Option(
        help: ArgumentHelp(
            "A text per line, instead of TEXT; - for standard input.", valueName: "file"))
    var file: String?

    @Flag(help: "Print a line of JSON for each text, with the tokens as well.")
    var json = false

    @Flag(help: "Leave out what the model puts before and after a text.")
    var bare = false

    @Argument(help: "The text.")
    var text: String?

    struct Family: ExpressibleByArgument {
        let value: BytePairFamily

        init?(argument: String) {
            guard let value = BytePairFamily.all.first(where: { $0.name == argument }) else {
                return nil
            }
            self.value = value
        }

        static var allValueStrings: [String] { BytePairFamily.all.map(\.name) }
    }

    func validate() throws {
        guard (text == nil) != (file == nil) else {
            throw ValidationError("give a TEXT or --file")
        }
    }

    func run() throws {
        let tokenizer = try ModelTokenizer(named: tokenizer, family: family?.value)
        var output = StandardOutput()
        do {
            for text in try texts() { try output.add(try line(text, tokenizer)) }
        } catch {
            try output.flush()
            throw error
        }
        try output.flush()
    }

    private func line(_ text: String, _ tokenizer: ModelTokenizer) throws -> String {
        let ids = try tokenizer.encode(text, addSpecialTokens: !bare)
        guard json else { return ids.map(String.init).joined(separator: " ") }
        var line = JSONLine()
        line.add("input_ids", ids)
        line.add("tokens", ids.map { tokenizer.idToToken($0) ?? "" })
        return line.text
    }

    private func texts() throws -> [String] {
        guard let file else { return [text ?? ""] }
        var lines = try InputFile.contents(of: file == "-" ? "/dev/stdin" : file)
            .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return try lines.enumerated().map { number, line in
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard let text = String(validating: line, as: UTF8.self) else {
                throw Failure("\(file): line \(number + 1) isn't UTF-8")
            }
            return text
        }
    }
}
