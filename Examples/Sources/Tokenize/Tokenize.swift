import RedCapsTokenizers

/// Prints the ids of a text, as a model's own tokenizer gives them. RedCapsTokenizers is all that it
/// needs, and no library of the system.
@main
struct Tokenize {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            return print("usage: Tokenize MODEL TEXT")
        }
        let tokenizer = try ModelTokenizer(named: arguments[1])
        for id in try tokenizer.encode(arguments[2]) {
            print(id, tokenizer.idToToken(id) ?? "")
        }
    }
}
