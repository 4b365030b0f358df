import ArgumentParser
import RedCapsBase

/// What somebody may have meant by arguments that the parser would refuse with fewer words.
enum Suggestion {
    /// Verbs that load a data set of a configuration.
    private static let loading = ["load", "digest"]

    /// Looks at the verb, and at files that are given without their option.
    /// - Throws: `Failure` with the code for wrong arguments.
    static func check(_ arguments: some Collection<String>, verbs: [String]) throws {
        var words = arguments[...]
        guard let first = words.popFirst(), !first.hasPrefix("-") else { return }
        guard first != "help" else {
            guard let topic = words.first, !topic.hasPrefix("-") else { return }
            return try checkVerb(topic, verbs + ["help"])
        }
        try checkVerb(first, verbs + ["help"])
        guard loading.contains(first), !words.contains(where: isConfiguration), !asksForHelp(words)
        else { return }
        let files = words.filter { !$0.hasPrefix("-") && Disk.isFile($0) }
        guard let file = files.first(where: isNamedLikeOne) ?? files.first else { return }
        throw Failure(
            "\(first) needs --config; is `redcaps \(first) --config \(file)` meant?",
            ExitStatus.wrongArguments)
    }

    private static func checkVerb(_ word: String, _ verbs: [String]) throws {
        guard !verbs.contains(word) else { return }
        var meant = Spelling.nearest(to: word, among: verbs).map { "redcaps \($0)" }
        if Disk.isFile(word) { meant = "redcaps load --config \(word)" }
        throw Failure(
            "there is no verb \(word)" + (meant.map { "; is `\($0)` meant?" } ?? "")
                + " (the verbs: \(verbs.joined(separator: ", ")))", ExitStatus.wrongArguments)
    }

    private static func isConfiguration(_ word: String) -> Bool {
        word == "--config" || word.hasPrefix("--config=")
    }

    private static func asksForHelp(_ words: some Collection<String>) -> Bool {
        words.contains { $0 == "--help" || $0 == "-h" || $0 == "--version" }
    }

    private static func isNamedLikeOne(_ file: String) -> Bool {
        [".json", ".yaml", ".yml", ".py"].contains { file.hasSuffix($0) }
    }
}
