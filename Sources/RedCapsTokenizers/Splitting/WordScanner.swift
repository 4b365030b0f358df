/// Finds words as a published pattern does, but without a regular expression.
///
/// Each pattern covers every text without gaps: where one word ends, the next begins.
protocol WordScanner: Sendable {
    /// Where the word ends that begins at a position before the end of the text.
    func end(of text: ScalarText, from start: Int) -> Int
}

extension ScalarText {
    /// Whether a byte is `\r` or `\n`.
    @inline(__always)
    func hasNewline(at position: Int) -> Bool {
        has(UInt8(ascii: "\n"), at: position) || has(UInt8(ascii: "\r"), at: position)
    }

    /// Where the run of newlines ends that begins at a position.
    @inline(__always)
    func skipNewlines(from start: Int) -> Int {
        var position = start
        while hasNewline(at: position) { position &+= 1 }
        return position
    }

    /// `\s+(?!\S)|\s+`: white space, but for the last of several before something else.
    @inline(__always)
    func endOfSpace(from start: Int) -> Int {
        let end = skip(.space, from: start)
        if end == count { return end }
        let last = self.start(before: end)
        return last > start ? last : end
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: white space up to its last newline, or as above.
    @inline(__always)
    func endOfSpaceOrLines(from start: Int) -> Int {
        var end = start
        var afterNewline = start
        while end < count {
            let (properties, next) = properties(at: end)
            guard CategorySet.space.contains(properties) else { break }
            if hasNewline(at: end) { afterNewline = next }
            end = next
        }
        if afterNewline > start { return afterNewline }
        if end == count { return end }
        let last = self.start(before: end)
        return last > start ? last : end
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d`, in small letters or in any, at an apostrophe.
    @inline(__always)
    func endOfContraction(from start: Int, ignoringCase: Bool) -> Int? {
        guard start &+ 1 < count else { return nil }
        let fold: UInt8 = ignoringCase ? 0x20 : 0
        let first = self[start &+ 1] | fold
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return start &+ 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
            let expected = first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")
            guard start &+ 2 < count, self[start &+ 2] | fold == expected else { return nil }
            return start &+ 3
        case 0xC5 | fold
        where ignoringCase && has(0xBF, at: start &+ 2) && has(0xC5, at: start &+ 1):
            return start &+ 3  // the long s
        default: return nil
        }
    }

    /// Where a run of up to so many numbers ends.
    @inline(__always)
    func skipNumbers(from start: Int, atMost limit: Int) -> Int {
        var position = start
        for _ in 0..<limit {
            guard has(.numbers, at: position) else { break }
            position = properties(at: position).next
        }
        return position
    }
}

/// GPT-2's: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
struct GPT2Scanner: WordScanner {
    private static let others = CategorySet.all.subtracting([.letters, .numbers, .space])

    @inline(__always)
    func end(of text: ScalarText, from start: Int) -> Int {
        let byte = text[start]
        if byte == UInt8(ascii: "'"),
            let end = text.endOfContraction(from: start, ignoringCase: false)
        {
            return end
        }
        let first = byte == UInt8(ascii: " ") ? start &+ 1 : start
        if first < text.count {
            let (properties, next) = text.properties(at: first)
            if CategorySet.letters.contains(properties) { return text.skipLetters(from: next) }
            if CategorySet.numbers.contains(properties) { return text.skip(.numbers, from: next) }
            if Self.others.contains(properties) { return text.skip(Self.others, from: next) }
        }
        return text.endOfSpace(from: start)
    }
}

/// GPT-4's, which Llama 3 took over: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|`
/// `\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`; Qwen2 has `\p{N}` alone.
struct GPT4Scanner: WordScanner {
    private static let others = CategorySet.all.subtracting([.letters, .numbers, .space])

    /// How many numbers may be together.
    let numbers: Int

    @inline(__always)
    func end(of text: ScalarText, from start: Int) -> Int {
        let (properties, next) = text.properties(at: start)
        if CategorySet.letters.contains(properties) { return text.skipLetters(from: next) }
        if CategorySet.numbers.contains(properties) {
            return text.skipNumbers(from: next, atMost: numbers &- 1)
        }
        let byte = text[start]
        if byte == UInt8(ascii: "'"),
            let end = text.endOfContraction(from: start, ignoringCase: true)
        {
            return end
        }
        if byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
            if text.has(.letters, at: next) { return text.skipLetters(from: next) }
            if Self.others.contains(properties) {
                return text.skipNewlines(from: text.skip(Self.others, from: next))
            }
            if byte == UInt8(ascii: " "), text.has(Self.others, at: next) {
                return text.skipNewlines(from: text.skip(Self.others, from: next))
            }
        }
        return text.endOfSpaceOrLines(from: start)
    }
}
