import RedCapsBase

/// Reads a byte-pair model: a vocabulary and merges, straight from the bytes.
struct BytePairReader: ModelReader {
    private let file: String
    private(set) var vocabulary = Vocabulary(capacity: 1 << 16)
    private(set) var merges: [(left: UInt32, right: UInt32, result: UInt32)] = []
    private var hasVocabulary = false
    var hasMerges = false
    private var options: [ExactText: JSONValue] = [:]
    /// The first thing that is wrong, while the text is read on.
    private(set) var problem: TokenizerError?
    private var bytes: [UInt8] = []
    private var text: [UInt8] = []

    init(file: String) { self.file = file }

    /// Reads the value of `model`.
    mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
        guard try scanner.peek() == UInt8(ascii: "{") else { return try scanner.skipValue() }
        var laterMerges: JSONScanner?
        try scanner.readObject { key, scanner throws(JSONError) in
            switch key {
            case "vocab" where try scanner.peek() == UInt8(ascii: "{"):
                try readVocabulary(&scanner)
            case "merges" where try scanner.peek() == UInt8(ascii: "["):
                if hasVocabulary {
                    try readMerges(&scanner)
                } else {
                    laterMerges = scanner
                    try scanner.skipValue()
                }
            case "vocab", "merges": try scanner.skipValue()
            default: options[ExactText(key)] = try scanner.readValue()
            }
        }
        if var scanner = laterMerges { try readMerges(&scanner) }
    }

    private mutating func fail(_ keyPath: String, _ reason: String) {
        if problem == nil {
            problem = TokenizerError(.invalid, file: file, keyPath: keyPath, reason)
        }
    }

    /// Reads an object of tokens and ids.
    mutating func readVocabulary(_ scanner: inout JSONScanner) throws(JSONError) {
        hasVocabulary = true
        try scanner.readObjectOfBytes { key, scanner throws(JSONError) in
            let value = try scanner.readValue()
            guard case .integer(let id) = value else {
                return fail("model.vocab", "an id that is \(value.summary)")
            }
            bytes.removeAll(keepingCapacity: true)
            let isSpelled = ByteAlphabet.decode(key, into: &bytes)
            if !vocabulary.add(isSpelled ? bytes : key, id: id, isText: !isSpelled) {
                let token = String(decoding: key, as: UTF8.self)
                fail(
                    "model.vocab",
                    "\"\(token)\" or its id \(id) is there twice, or the id isn't in 0 ... "
                        + "\(Vocabulary.maximumID)")
            }
        }
    }

    private mutating func readMerges(_ scanner: inout JSONScanner) throws(JSONError) {
        hasMerges = true
        merges.reserveCapacity(vocabulary.count)
        try scanner.readArray { scanner throws(JSONError) in
            if try scanner.peek() == UInt8(ascii: "[") {
                var parts = 0
                bytes.removeAll(keepingCapacity: true)
                var middle = 0
                var isSpelled = true
                try scanner.readArray { scanner throws(JSONError) in
                    try scanner.readString(into: &text)
                    isSpelled = ByteAlphabet.decode(text, into: &bytes) && isSpelled
                    parts += 1
                    if parts == 1 { middle = bytes.count }
                }
                add(middle, isValid: isSpelled && parts == 2)
            } else {
                try scanner.readString(into: &text)
                add(line: text[...])
            }
        }
    }

    /// Adds a merge that is written as two tokens with a space between.
    mutating func add(line: ArraySlice<UInt8>) {
        bytes.removeAll(keepingCapacity: true)
        guard let space = line.firstIndex(of: UInt8(ascii: " ")) else {
            return add(0, isValid: false)
        }
        let hasLeft = ByteAlphabet.decode(line[..<space], into: &bytes)
        let middle = bytes.count
        let hasRight = ByteAlphabet.decode(line[(space + 1)...], into: &bytes)
        add(middle, isValid: hasLeft && hasRight)
    }

    /// Adds the merge of the first bytes with the others.
    private mutating func add(_ middle: Int, isValid: Bool) {
        guard isValid, let left = vocabulary.id(of: bytes[..<middle]),
            let right = vocabulary.id(of: bytes[middle...]), let result = vocabulary.id(of: bytes)
        else {
            return fail(
                "model.merges[\(merges.count)]", "isn't of two tokens that make a third one")
        }
        merges.append((left, right, result))
        if merges.count >= MergeTable.none { fail("model.merges", "there are too many") }
    }

    /// The model, once all is read.
    func model() throws(TokenizerError) -> any WordModel {
        let reader = try JSONReader(.object(options), file, "model")
        let type = try reader.string("type")
        guard type == "BPE" || type == nil && hasMerges else { throw reader.unsupported("type") }
        if let problem { throw problem }
        guard hasVocabulary else { throw reader.failure("vocab", "a vocabulary is needed") }
        guard hasMerges else { throw reader.failure("merges", "merges are needed") }
        try reader.allow([
            "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
            "fuse_unk", "byte_fallback", "ignore_merges",
        ])
        if let dropout = reader["dropout"], dropout != .integer(0), dropout != .number(0) {
            throw reader.unsupported("dropout")
        }
        if try reader.string("continuing_subword_prefix") ?? "" != "" {
            throw reader.unsupported("continuing_subword_prefix")
        }
        let unknown = try reader.string("unk_token")
        let unknownID = unknown.flatMap { vocabulary.id(ofSpelled: Array($0.utf8)) }
        var suffix: [UInt8] = []
        let ending = try reader.string("end_of_word_suffix") ?? ""
        if !ByteAlphabet.decode(Array(ending.utf8), into: &suffix) {
            throw reader.unsupported("end_of_word_suffix")
        }
        let model = BytePairModel(
            vocabulary: vocabulary, merges: merges, suffix: suffix, unknown: unknownID,
            fusesUnknown: try reader.bool("fuse_unk") ?? false,
            ignoresMerges: try reader.bool("ignore_merges") ?? false)
        let lacksBytes =
            model.byteIDs.contains(BytePairModel.absent)
            || model.lastByteIDs.contains(BytePairModel.absent)
        if lacksBytes {
            if unknown != nil, unknownID == nil {
                throw reader.failure("unk_token", "isn't in the vocabulary")
            }
            if try reader.bool("byte_fallback") ?? false {
                throw reader.unsupported("byte_fallback")
            }
        }
        return model
    }
}
