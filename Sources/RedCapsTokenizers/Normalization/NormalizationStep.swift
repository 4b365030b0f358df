/// A step that changes a text before it is split.
enum NormalizationStep: Sendable {
    /// Composes: NFC, or NFKC.
    case compose(compatible: Bool)
    /// Lower-cases scalar by scalar.
    case lowercase
    /// Puts a text where a pattern matches.
    case replace(Pattern, with: [UInt8])
    /// Drops white space from the ends.
    case strip(left: Bool, right: Bool)

    /// Applies the step.
    /// - Returns: `nil` if nothing changes.
    /// - Throws: `TokenizerError` if the pattern takes too long.
    func apply(to text: ScalarText) throws(TokenizerError) -> [UInt8]? {
        switch self {
        case .compose(let compatible):
            guard Self.mayChange(text, compatible) else { return nil }
            return NormalForms.shared.composed(text, compatible: compatible)
        case .lowercase:
            return Self.lowercased(text)
        case .replace(let pattern, let content):
            return try Self.replaced(text, pattern, content)
        case .strip(let left, let right):
            return Self.stripped(text, left, right)
        }
    }

    private static func mayChange(_ text: ScalarText, _ compatible: Bool) -> Bool {
        var position = 0
        while position < text.count {
            let byte = text[position]
            // Nothing in ASCII changes, and without compatible forms nothing below U+0300, whose
            // UTF-8 begins with 0xCC.
            if byte < 0xC2 || !compatible && byte < 0xCC {
                position &+= byte < 0x80 ? 1 : 2
                continue
            }
            let (properties, next) = text.properties(at: position)
            if compatible ? properties.mayChangeInNFKC : properties.mayChangeInNFC { return true }
            position = next
        }
        return false
    }

    private static func lowercased(_ text: ScalarText) -> [UInt8]? {
        var result: [UInt8]?
        var position = 0
        var kept = 0
        while position < text.count {
            let (properties, next) = text.properties(at: position)
            if properties.hasLowercase {
                var bytes = result ?? []
                result = nil
                bytes.reserveCapacity(text.count + 8)
                text.append(kept, position, to: &bytes)
                LowercaseMap.shared.append(text.scalar(at: position).value, to: &bytes)
                result = bytes
                kept = next
            }
            position = next
        }
        guard var bytes = result else { return nil }
        result = nil
        text.append(kept, text.count, to: &bytes)
        return bytes
    }

    private static func replaced(
        _ text: ScalarText, _ pattern: Pattern, _ content: [UInt8]
    ) throws(TokenizerError) -> [UInt8]? {
        var bytes: [UInt8] = []
        var kept = 0
        var changes = false
        try pattern.forEachMatch(in: text) { start, end in
            text.append(kept, start, to: &bytes)
            bytes += content
            kept = end
            changes = true
        }
        guard changes else { return nil }
        text.append(kept, text.count, to: &bytes)
        return bytes
    }

    private static func stripped(_ text: ScalarText, _ left: Bool, _ right: Bool) -> [UInt8]? {
        let start = left ? text.skip(.space, from: 0) : 0
        var end = text.count
        while right, end > start {
            let last = text.start(before: end)
            guard CategorySet.space.contains(text.properties(at: last).properties) else { break }
            end = last
        }
        guard start > 0 || end < text.count else { return nil }
        var bytes: [UInt8] = []
        text.append(start, end, to: &bytes)
        return bytes
    }
}

extension ScalarText {
    /// Appends the bytes of a range.
    func append(_ start: Int, _ end: Int, to bytes: inout [UInt8]) {
        if start < end {
            unsafe bytes.append(
                contentsOf: UnsafeBufferPointer(start: base + start, count: end - start))
        }
    }
}
