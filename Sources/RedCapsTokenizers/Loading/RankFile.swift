import RedCapsBase

/// A file of tiktoken's: a token in base 64 and its rank in each line.
///
/// The rank is the id, and tokens merge in the order of what they become. A word that is a token
/// needs no merges.
enum RankFile {
    /// Reads a file, and adds the special tokens that its name says.
    /// - Parameter family: How text is split, if the name doesn't say that.
    static func pipeline(
        _ file: String, _ family: BytePairFamily?
    ) throws(TokenizerError) -> TokenizerPipeline {
        let name = FilePath.name(of: file)
        guard let family = family ?? BytePairFamily(rankFile: name) else {
            throw TokenizerFolder.noFamily(file)
        }
        let special = specialTokens(of: name)
        var pipeline = try family.pipeline(try model(file, special), file)
        try pipeline.add(special.map { TokenEntry(special: $0.token, file) })
        return pipeline
    }

    private static func model(
        _ file: String, _ special: [(token: String, id: Int)]
    ) throws(TokenizerError) -> BytePairModel {
        let text = try TokenizerFolder.bytes(of: file)
        var vocabulary = Vocabulary(capacity: text.count / 16)
        var token: [UInt8] = []
        for (number, line) in text.split(separator: UInt8(ascii: "\n")).enumerated() {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard let space = line.firstIndex(of: UInt8(ascii: " ")),
                let rank = Int(String(decoding: line[(space + 1)...], as: UTF8.self)),
                decodeBase64(line[..<space], into: &token),
                vocabulary.add(token, id: rank)
            else {
                throw TokenizerError(
                    .invalid, file: file, keyPath: "line \(number + 1)",
                    "isn't a token in base 64 with a rank of its own, as in tiktoken's files")
            }
        }
        guard vocabulary.count > 0 else { throw TokenizerError(.invalid, file: file, "is empty") }
        let merges = try merges(of: vocabulary, file)
        for (token, id) in special {
            let known = vocabulary.id(of: Array(token.utf8))
            if known == UInt32(exactly: id) || vocabulary.add(token.utf8, id: id) { continue }
            throw TokenizerError(
                .invalid, file: file,
                known.map { "has \(token) at the rank \($0), and a file of this name at \(id)" }
                    ?? "has another token at the rank \(id), which is \(token)'s")
        }
        return BytePairModel(vocabulary: vocabulary, merges: merges, ignoresMerges: true)
    }

    /// The special tokens with which a file of this name is published, and which aren't in it: those
    /// of Qwen's tokenizer, and of tiktoken's `openai_public`.
    private static func specialTokens(of name: String) -> [(token: String, id: Int)] {
        switch name {
        case "qwen.tiktoken":
            let names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
            let extras = (0..<205).map { "<|extra_\($0)|>" }
            return (names + extras).enumerated().map { ($1, 151643 + $0) }
        case "r50k_base.tiktoken", "p50k_base.tiktoken": return [("<|endoftext|>", 50256)]
        case "cl100k_base.tiktoken":
            return [
                ("<|endoftext|>", 100257), ("<|fim_prefix|>", 100258), ("<|fim_middle|>", 100259),
                ("<|fim_suffix|>", 100260), ("<|endofprompt|>", 100276),
            ]
        case "o200k_base.tiktoken":
            return [("<|endoftext|>", 199999), ("<|endofprompt|>", 200018)]
        default: return []
        }
    }

    /// Every pair of tokens that makes a token, by the rank of that.
    private static func merges(
        of vocabulary: Vocabulary, _ file: String
    ) throws(TokenizerError) -> [(left: UInt32, right: UInt32, result: UInt32)] {
        var merges: [(left: UInt32, right: UInt32, result: UInt32)] = []
        for id in 0..<UInt32(vocabulary.endID) {
            guard let token = vocabulary[id] else { continue }
            let first = merges.count
            for middle in token.indices.dropFirst() {
                if let left = vocabulary.id(of: token[..<middle]),
                    let right = vocabulary.id(of: token[middle...])
                {
                    merges.append((left, right, id))
                }
            }
            merges[first...].sort { ($0.left, $0.right) < ($1.left, $1.right) }
            if merges.count >= MergeTable.none {
                throw TokenizerError(.invalid, file: file, "has too many merges")
            }
        }
        return merges
    }

    /// - Returns: Whether the text is base 64.
    private static func decodeBase64(_ text: ArraySlice<UInt8>, into bytes: inout [UInt8]) -> Bool {
        bytes.removeAll(keepingCapacity: true)
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="): continue
            default: return false
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return !bytes.isEmpty && count < 6
    }
}
