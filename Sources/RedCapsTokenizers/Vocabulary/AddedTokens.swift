import RedCapsBase

/// A set of bytes, in place.
private struct ByteSet {
    private var bits = SIMD4<UInt64>()

    mutating func insert(_ byte: UInt8) { bits[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        bits[Int(byte &>> 6)] &>> UInt64(byte & 63) & 1 != 0
    }
}

/// The tokens that were added to a model's vocabulary.
struct AddedTokens: Sendable {
    private(set) var tokens: [AddedToken] = []
    private(set) var ids: [UInt32] = []
    /// What each is looked for as: its content, or that after normalization. None is empty.
    private var forms: [[UInt8]] = []
    /// What each stands for on decoding.
    private(set) var decoded: [[UInt8]] = []
    private var numbers: [ExactText: Int] = [:]
    private var numbersByID: [UInt32: Int] = [:]
    private let wordRanges: ScalarSet

    /// For tokens that are found in the text as it is.
    private(set) var inText = TokenFinder()
    /// For tokens that are found in the normalized text.
    private(set) var inNormalized = TokenFinder()

    init() {
        var list = NumberList(UnicodeTables.words)
        wordRanges = ScalarSet(list.ranges())
    }

    /// Whether a byte begins an added token.
    private var starts = ByteSet()

    var isEmpty: Bool { tokens.isEmpty }

    /// Whether a text has a byte that begins an added token, or one that isn't below a limit.
    @inline(__always)
    func mayStart(in text: ScalarText, below limit: UInt8) -> Bool {
        let starts = starts
        for position in 0..<text.count {
            let byte = text[position]
            if byte >= limit || starts.contains(byte) { return true }
        }
        return false
    }

    func number(of content: String) -> Int? { numbers[ExactText(content)] }
    func number(ofID id: UInt32) -> Int? { numbersByID[id] }

    /// The first id that is above all of added tokens.
    private var endID: Int { Int(ids.max() ?? 0) + 1 }

    /// Adds tokens in their order, as `tokenizers` does: one that the model knows keeps its id, others
    /// get the next ones.
    /// - Parameter normalize: Gives the form in which the token of an index is looked for if that is
    ///   normalized, or throws where nothing would be left of it.
    mutating func add(
        _ new: [AddedToken], to model: any WordModel,
        normalize: (Int) throws(TokenizerError) -> [UInt8]
    ) throws(TokenizerError) {
        var next = model.tokenCount
        if !isEmpty, endID > next { next = endID }
        for (index, var token) in new.enumerated() where !token.content.isEmpty {
            let number = numbers[token.spelling]
            if let number {
                // What was special once stays so.
                token.isSpecial = token.isSpecial || tokens[number].isSpecial
                if tokens[number] == token { continue }
            }
            let known =
                number.map { ids[$0] }
                ?? model.id(of: token.content)
            let id = known ?? UInt32(next)
            if known == nil { next += 1 }
            let form = token.isNormalized ? try normalize(index) : Array(token.content.utf8)
            var bytes: [UInt8] = []
            if !ByteAlphabet.decode(form, into: &bytes) { bytes = form }
            if let number {
                tokens[number] = token
                forms[number] = form
                decoded[number] = bytes
            } else {
                numbers[token.spelling] = tokens.count
                numbersByID[id] = tokens.count
                tokens.append(token)
                ids.append(id)
                forms.append(form)
                decoded.append(bytes)
            }
        }
        (inText, inNormalized) = (TokenFinder(), TokenFinder())
        starts = ByteSet()
        for (number, form) in forms.enumerated() {
            starts.insert(form[0])
            if tokens[number].isNormalized {
                inNormalized.add(form, token: number)
            } else {
                inText.add(form, token: number)
            }
        }
    }

    /// Splits a text at the tokens that a finder finds.
    /// - Parameters:
    ///   - plain: Ranges of bytes in which special tokens mean nothing.
    ///   - body: Gets each stretch without tokens, in order, and each token's id with an empty one.
    func split(
        _ text: ScalarText, with finder: TokenFinder, plain: [Range<Int>] = [],
        _ body: (Int, Int, UInt32?) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        var done = 0
        var position = 0
        while position < text.count,
            let match = finder.next(
                in: text, from: position,
                accepts: { token, range in
                    plain.isEmpty || !tokens[token].isSpecial
                        || !plain.contains { $0.overlaps(range) }
                })
        {
            position = match.end
            let token = tokens[match.token]
            if token.isSingleWord, touchesWord(text, match) { continue }
            var start = match.start
            var end = match.end
            if token.stripsLeft {
                while start > 0 {
                    let before = text.start(before: start)
                    guard text.has(.space, at: before) else { break }
                    start = before
                }
                start = max(start, done)
            }
            if token.stripsRight { end = text.skip(.space, from: end) }
            if done < start { try body(done, start, nil) }
            // White space that the token before has taken doesn't become a token a second time.
            if start < end { try body(start, start, ids[match.token]) }
            done = end
        }
        if done < text.count { try body(done, text.count, nil) }
    }

    private func touchesWord(_ text: ScalarText, _ match: TokenFinder.Match) -> Bool {
        match.start > 0 && isWord(text, text.start(before: match.start))
            || match.end < text.count && isWord(text, match.end)
    }

    private func isWord(_ text: ScalarText, _ position: Int) -> Bool {
        text.has(.words, at: position) || wordRanges.contains(text.scalar(at: position).value)
    }
}
