import RedCapsBase

/// Reads the steps of a `tokenizer.json`: normalizers, pre-tokenizers, post-processors, the decoder.
extension JSONReader {
    /// Reads a normalizer, with all steps of a sequence.
    func normalization() throws(TokenizerError) -> [NormalizationStep] {
        switch try type() {
        case "Sequence":
            try allow(["type", "normalizers"])
            var steps: [NormalizationStep] = []
            for step in try objects("normalizers") ?? [] { steps += try step.normalization() }
            return steps
        case "NFC": return [.compose(compatible: false)]
        case "NFKC": return [.compose(compatible: true)]
        case "Lowercase": return [.lowercase]
        case "Strip":
            try allow(["type", "strip_left", "strip_right"])
            return [
                .strip(left: try bool("strip_left") ?? true, right: try bool("strip_right") ?? true)
            ]
        case "Replace":
            try allow(["type", "pattern", "content"])
            guard let content = try string("content") else {
                throw failure("content", "a text is needed")
            }
            let (pattern, text) = try pattern()
            if let pattern { return [.replace(pattern, with: Array(content.utf8))] }
            return try compiled(text) { pattern throws(PatternError) in
                [.replace(try Pattern(pattern), with: Array(content.utf8))]
            }
        default: throw unsupported("type")
        }
    }

    /// Reads `pattern`: a literal that is ready, or a regular expression's text.
    private func pattern() throws(TokenizerError) -> (literal: Pattern?, expression: String) {
        guard let pattern = try object("pattern") else {
            throw failure("pattern", "a pattern is needed")
        }
        try pattern.allow(["String", "Regex"])
        if let text = try pattern.string("String") {
            if text.isEmpty { throw pattern.failure("String", "is empty") }
            return (Pattern(literal: text), text)
        }
        guard let text = try pattern.string("Regex") else {
            throw pattern.failure("Regex", "a pattern is needed")
        }
        return (nil, text)
    }

    private func compiled<Step>(
        _ text: String, _ make: (String) throws(PatternError) -> Step
    ) throws(TokenizerError) -> Step {
        do {
            return try make(text)
        } catch {
            throw TokenizerError(
                .unsupported, file: file, keyPath: path("pattern.Regex"),
                "\"\(text)\" isn't supported: \(error.reason); \(Self.advice)")
        }
    }

    /// Reads the pre-tokenizer of a byte-level model, the last step of which must be `ByteLevel`.
    func splits() throws(TokenizerError) -> [SplitStep] {
        guard try type() == "Sequence" else {
            guard try type() == "ByteLevel" else { throw notByteLevel() }
            return try byteLevel()
        }
        try allow(["type", "pretokenizers"])
        let steps = try objects("pretokenizers") ?? []
        guard let last = steps.last else { throw notByteLevel() }
        let end = try last.splits()
        var splits: [SplitStep] = []
        for step in steps.dropLast() { splits += try step.split() }
        return splits + end
    }

    private func notByteLevel() -> TokenizerError {
        TokenizerError(
            .unsupported, file: file, keyPath: keyPath,
            "only what ends in ByteLevel is supported; \(Self.advice)")
    }

    private func byteLevel() throws(TokenizerError) -> [SplitStep] {
        try allow(["type", "add_prefix_space", "trim_offsets", "use_regex"])
        return (try bool("add_prefix_space") ?? true ? [.prefixSpace] : [])
            + (try bool("use_regex") ?? true ? [.gpt2] : [])
    }

    /// Reads a pre-tokenizer, or a step of one.
    func split() throws(TokenizerError) -> [SplitStep] {
        switch try type() {
        case "Sequence":
            try allow(["type", "pretokenizers"])
            var splits: [SplitStep] = []
            for step in try objects("pretokenizers") ?? [] { splits += try step.split() }
            return splits
        case "Digits":
            try allow(["type", "individual_digits"])
            let behavior: SplitStep.Behavior =
                try bool("individual_digits") ?? false ? .isolated : .contiguous
            return [.pattern(.number, behavior, isInverted: false)]
        case "Split":
            try allow(["type", "pattern", "behavior", "invert"])
            guard let name = try string("behavior"), let behavior = SplitStep.Behavior(name) else {
                throw unsupported("behavior")
            }
            let isInverted = try bool("invert") ?? false
            let (literal, text) = try pattern()
            if let literal { return [.pattern(literal, behavior, isInverted: isInverted)] }
            return try compiled(text) { text throws(PatternError) in
                [try SplitStep(pattern: text, behavior, isInverted: isInverted)]
            }
        default: throw unsupported("type")
        }
    }

    /// The regular expression of a pre-tokenizer's first step, if that only splits at one.
    func firstPattern() throws(TokenizerError) -> String? {
        switch try type() {
        case "Sequence": return try objects("pretokenizers")?.first?.firstPattern()
        case "Split":
            guard try string("behavior") == "Isolated", try bool("invert") != true else {
                return nil
            }
            return try object("pattern")?.string("Regex")
        default: return nil
        }
    }

    /// Reads a post-processor: the ids that it puts before and after a text.
    func specialTokens() throws(TokenizerError) -> (prefix: [UInt32], suffix: [UInt32]) {
        switch try type() {
        case "ByteLevel": return ([], [])
        case "RobertaProcessing":
            return ([try idOfPair("cls")], [try idOfPair("sep")])
        case "Sequence":
            var ids: (prefix: [UInt32], suffix: [UInt32]) = ([], [])
            for step in try objects("processors") ?? [] {
                let outer = try step.specialTokens()
                ids = (outer.prefix + ids.prefix, ids.suffix + outer.suffix)
            }
            return ids
        case "TemplateProcessing": return try template()
        default: throw unsupported("type")
        }
    }

    private func idOfPair(_ key: String) throws(TokenizerError) -> UInt32 {
        guard let pair = try array(key), pair.count == 2, case .integer(let id) = pair[1],
            let id = UInt32(exactly: id)
        else { throw failure(key, "isn't a token with its id") }
        return id
    }

    private func template() throws(TokenizerError) -> (prefix: [UInt32], suffix: [UInt32]) {
        var ids: (prefix: [UInt32], suffix: [UInt32]) = ([], [])
        var hasText = false
        for piece in try objects("single") ?? [] {
            if let sequence = try piece.object("Sequence") {
                guard try sequence.string("id") == "A", !hasText else {
                    throw sequence.unsupported("id")
                }
                hasText = true
                continue
            }
            guard let token = try piece.object("SpecialToken")?.string("id"),
                let known = try object("special_tokens")?.object(token)?.array("ids")
            else { throw piece.failure("SpecialToken", "isn't in special_tokens") }
            for value in known {
                guard case .integer(let id) = value, let id = UInt32(exactly: id) else {
                    throw piece.failure("SpecialToken", "has no ids")
                }
                if hasText { ids.suffix.append(id) } else { ids.prefix.append(id) }
            }
        }
        guard hasText else { throw failure("single", "has no place for the text") }
        return ids
    }
}

extension SplitStep.Behavior {
    /// Reads a behaviour's name.
    init?(_ name: String) { self.init(rawValue: name) }
}

extension Pattern {
    /// A single number, in the sense of `Digits`.
    static let number: Pattern = {
        var more = NumberList(UnicodeTables.numbers)
        return Pattern(ScalarSet(ScalarSet(.numbers).ranges + more.ranges()))
    }()
}
