import RedCapsBase

/// `vocab.json` and `merges.txt`.
enum VocabularyFiles {
    /// Reads both.
    /// - Parameter unknown: The token for what isn't in the vocabulary, if the family has that.
    static func model(
        _ vocabulary: String, merges: String, _ family: BytePairFamily, unknown: String?
    ) throws(TokenizerError) -> BytePairModel {
        var reader = BytePairReader(file: vocabulary)
        do {
            var scanner = JSONScanner(try TokenizerFolder.bytes(of: vocabulary))
            try reader.readVocabulary(&scanner)
            try scanner.finish()
        } catch let error as TokenizerError {
            throw error
        } catch {
            throw TokenizerError(.invalid, file: vocabulary, "\(error)")
        }
        try reader.readMerges(try TokenizerFolder.bytes(of: merges), of: merges)
        return try reader.model(family, unknown: unknown)
    }
}

extension BytePairReader {
    /// Reads a `merges.txt`: a pair in each line, after comments that begin with `#version`.
    mutating func readMerges(_ text: [UInt8], of file: String) throws(TokenizerError) {
        hasMerges = true
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if line.starts(with: "#version".utf8) || line.isEmpty { continue }
            add(line: line)
        }
        if let problem {
            throw TokenizerError(
                problem.code, file: problem.keyPath.hasPrefix("model.merges") ? file : problem.file,
                keyPath: problem.keyPath, problem.reason)
        }
    }

    /// The model of files that say nothing but vocabulary and merges.
    /// - Parameter unknown: The token for what isn't in the vocabulary, if the family has that.
    func model(_ family: BytePairFamily, unknown: String?) throws(TokenizerError) -> BytePairModel {
        let unknown = family == .clip ? unknown : nil
        return BytePairModel(
            vocabulary: vocabulary, merges: merges, suffix: Array(family.suffix.utf8),
            unknown: unknown.flatMap { vocabulary.id(ofSpelled: Array($0.utf8)) })
    }
}
