/// GPT-4o's, which Llama 4 took over: words in small letters after capitals, then in capitals, both
/// with the contraction that follows; then as GPT-4's, with slashes after punctuation.
struct GPT4oScanner: WordScanner {
    private static let others = CategorySet.all.subtracting([.letters, .numbers, .space])
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
    private static let capitals: CategorySet = [
        .uppercase, .titlecase, .modifierLetters, .otherLetters, .marks,
    ]
    /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
    private static let smalls: CategorySet = [
        .lowercase, .modifierLetters, .otherLetters, .marks,
    ]
    private static let wordParts = capitals.union(smalls)

    @inline(__always)
    func end(of text: ScalarText, from start: Int) -> Int {
        let (properties, next) = text.properties(at: start)
        if let end = endOfWord(text, start, properties, next) { return end }
        if CategorySet.numbers.contains(properties) {
            return text.skipNumbers(from: next, atMost: 2)
        }
        let byte = text[start]
        if Self.others.contains(properties) {
            return skipEndings(text, text.skip(Self.others, from: next))
        }
        if byte == UInt8(ascii: " "), text.has(Self.others, at: next) {
            return skipEndings(text, text.skip(Self.others, from: next))
        }
        return text.endOfSpaceOrLines(from: start)
    }

    /// `[\r\n/]*`
    private func skipEndings(_ text: ScalarText, _ start: Int) -> Int {
        var position = start
        while text.hasNewline(at: position) || text.has(UInt8(ascii: "/"), at: position) {
            position += 1
        }
        return position
    }

    private func endOfWord(
        _ text: ScalarText, _ start: Int, _ properties: ScalarProperties, _ next: Int
    ) -> Int? {
        let isLetter = CategorySet.letters.contains(properties)
        // [^\r\n\p{L}\p{N}]?: tried first, unless no word follows.
        let mayPrecede =
            !isLetter && !CategorySet.numbers.contains(properties) && !text.hasNewline(at: start)
        let isPart = Self.wordParts.contains(properties)
        let followed = mayPrecede && text.has(Self.wordParts, at: next)
        guard followed || isPart else { return nil }
        let end =
            (followed ? smallEnding(text, next) : nil) ?? (isPart ? smallEnding(text, start) : nil)
            ?? (followed ? capitalStart(text, next) : nil)
            ?? (isPart ? capitalStart(text, start) : nil)
        guard let end else { return nil }
        guard text.has(UInt8(ascii: "'"), at: end) else { return end }
        return text.endOfContraction(from: end, ignoringCase: true) ?? end
    }

    /// Capitals, if any, and then small letters, of which there must be one: a scalar that counts
    /// as both may be it.
    private func smallEnding(_ text: ScalarText, _ start: Int) -> Int? {
        let end = text.skip(Self.capitals, from: start)
        if text.has(Self.smalls, at: end) { return text.skip(Self.smalls, from: end) }
        var position = end
        while position > start {
            let last = text.start(before: position)
            if text.has(Self.smalls, at: last) { return position }
            position = last
        }
        return nil
    }

    /// Capitals, of which there must be one, and then small letters, if any.
    private func capitalStart(_ text: ScalarText, _ start: Int) -> Int? {
        let end = text.skip(Self.capitals, from: start)
        return end > start ? text.skip(Self.smalls, from: end) : nil
    }
}
