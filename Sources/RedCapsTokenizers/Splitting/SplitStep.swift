import RedCapsBase

/// A step that splits a text, or a piece of one, into smaller ones.
enum SplitStep: Sendable {
    /// What becomes of matches, in the words of `tokenizers`.
    enum Behavior: String, Sendable {
        case removed = "Removed"
        case isolated = "Isolated"
        case mergedWithPrevious = "MergedWithPrevious"
        case mergedWithNext = "MergedWithNext"
        case contiguous = "Contiguous"
    }

    /// Words of a pattern that covers everything.
    case gpt2
    case gpt4(numbers: Int)
    case gpt4o
    case pattern(Pattern, Behavior, isInverted: Bool)
    /// Puts a space in front of a piece that has none.
    case prefixSpace

    /// The step for a regular expression in a file: a scanner for the published ones.
    init(
        pattern text: String, _ behavior: Behavior, isInverted: Bool
    ) throws(PatternError) {
        // Of patterns that match everything inverting changes nothing but what is removed.
        if behavior == .isolated, let scanner = Self.published[ExactText(text)] {
            self = scanner
        } else {
            self = .pattern(try Pattern(text), behavior, isInverted: isInverted)
        }
    }

    private static let ending = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#
    private static let rest = #"[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    static let gpt2Pattern =
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    static let gpt4Pattern =
        ending + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+"# + rest
    static let qwen2Pattern =
        ending + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+"# + rest
    static let gpt4oPattern: String = {
        let capitals = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
        let smalls = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
        let first = #"[^\r\n\p{L}\p{N}]?"#
        return "\(first)\(capitals)*\(smalls)+\(ending)?|\(first)\(capitals)+\(smalls)*\(ending)?"
            + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }()
    static let clipPattern =
        #"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#

    /// What transformers 5.24 puts first for `fix_mistral_regex`.
    static let fixedMistralPattern: String = {
        let capitals = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
        let smalls = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
        let first = #"[^\r\n\p{L}\p{N}]?"#
        return "\(first)\(capitals)*\(smalls)+|\(first)\(capitals)+\(smalls)*"
            + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }()

    private static let published: [ExactText: SplitStep] = [
        ExactText(gpt2Pattern): .gpt2, ExactText(gpt4Pattern): .gpt4(numbers: 3),
        ExactText(qwen2Pattern): .gpt4(numbers: 1), ExactText(gpt4oPattern): .gpt4o,
    ]

    /// Tells the pieces of a text, in order.
    /// - Throws: `TokenizerError` if the pattern takes too long.
    func split(
        _ text: ScalarText, _ body: (Int, Int) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        switch self {
        case .gpt2: try Self.scan(text, GPT2Scanner(), body)
        case .gpt4(let numbers): try Self.scan(text, GPT4Scanner(numbers: numbers), body)
        case .gpt4o: try Self.scan(text, GPT4oScanner(), body)
        case .pattern(let pattern, let behavior, let isInverted):
            var pieces = PieceList(behavior)
            var done = 0
            try pattern.forEachMatch(in: text) { start, end in
                if done < start { pieces.add(done, start, isMatch: isInverted) }
                pieces.add(start, end, isMatch: !isInverted)
                done = end
            }
            if done < text.count { pieces.add(done, text.count, isMatch: isInverted) }
            for piece in pieces.finish() { try body(piece.start, piece.end) }
        case .prefixSpace: try body(0, text.count)
        }
    }

    private static func scan(
        _ text: ScalarText, _ scanner: some WordScanner,
        _ body: (Int, Int) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        var position = 0
        while position < text.count {
            let end = scanner.end(of: text, from: position)
            try body(position, end)
            position = end
        }
    }
}

/// Matches and what lies between them, put together as a behaviour says.
struct PieceList {
    private let behavior: SplitStep.Behavior
    private var pieces: [(start: Int, end: Int)] = []
    private var lastIsMatch = false

    init(_ behavior: SplitStep.Behavior) { self.behavior = behavior }

    mutating func add(_ start: Int, _ end: Int, isMatch: Bool) {
        let joins =
            switch behavior {
            case .removed, .isolated: false
            case .contiguous: isMatch == lastIsMatch
            case .mergedWithPrevious: isMatch && !lastIsMatch
            // Read from the end: what isn't a match joins the match before it.
            case .mergedWithNext: lastIsMatch && !isMatch
            }
        if behavior == .removed && isMatch {
            // Left out.
        } else if joins, let last = pieces.last {
            pieces[pieces.count - 1] = (last.start, end)
        } else {
            pieces.append((start, end))
        }
        lastIsMatch = isMatch
    }

    func finish() -> [(start: Int, end: Int)] { pieces }
}
