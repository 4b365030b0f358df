/// A regular expression, as a small program.
///
/// It matches as Oniguruma does: of all matches that begin first, the one that the order of
/// alternatives prefers. For a program and a text the time is proportional to both, but for a few
/// patterns, on which it gives up. (Not Oniguruma itself: its time has no bound, and texts and patterns
/// are others' here; the published patterns don't come this way.)
struct Pattern: Sendable {
    enum Instruction: Sendable {
        /// Takes a scalar of a set.
        case take(Int)
        /// Goes on at the first place, and at the second if that fails.
        case branch(Int, Int, number: Int)
        case jump(Int)
        /// Goes on after the end of a program of its own if that matches here, or doesn't.
        case ahead(Int, isNegated: Bool)
        case behind(Int, isNegated: Bool)
        /// Goes on where a program of its own ended.
        case atomic(Int)
        case accept
    }

    let instructions: [Instruction]
    let sets: [ScalarSet]
    let branchCount: Int
    /// What a match can begin with.
    let firsts: ScalarSet

    /// Reads a pattern.
    /// - Throws: `PatternError` that names what isn't supported.
    init(_ text: String) throws(PatternError) {
        let node = try PatternParser.parse(text)
        if node.isNullable { throw PatternError(reason: "it matches nothing at all, too") }
        var compiler = PatternCompiler()
        try compiler.compile(node)
        self.init(compiler)
    }

    /// Makes a pattern that matches a text as it is.
    init(literal text: String) {
        var compiler = PatternCompiler()
        compiler.compile(literal: text)
        self.init(compiler)
    }

    /// Makes a pattern that matches single scalars.
    init(_ set: ScalarSet) {
        var compiler = PatternCompiler()
        compiler.compile(set)
        self.init(compiler)
    }

    /// Makes a pattern that matches all scalars of a set that are in a row.
    init(repeating set: ScalarSet) {
        var compiler = PatternCompiler()
        compiler.compile(repeating: set)
        self.init(compiler)
    }

    private init(_ compiler: PatternCompiler) {
        instructions = compiler.instructions
        sets = compiler.sets
        branchCount = compiler.branchCount
        firsts = compiler.firsts()
    }

    /// Tells the start and the end of each match.
    /// - Throws: `TokenizerError` if it takes too long.
    func forEachMatch(
        in text: ScalarText, _ body: (Int, Int) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        var matcher = PatternMatcher(self, text)
        var position = 0
        while position < text.count {
            let (scalar, next) = text.scalar(at: position)
            if firsts.contains(scalar), let end = try matcher.match(at: position) {
                try body(position, end)
                position = end
            } else {
                position = next
            }
        }
    }
}
