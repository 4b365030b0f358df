/// What follows a backslash in a regular expression.
enum PatternEscape {
    private static let controls: [Unicode.Scalar: UInt32] = [
        "n": 0x0A, "r": 0x0D, "t": 0x09, "f": 0x0C, "v": 0x0B, "a": 0x07, "e": 0x1B,
    ]

    /// Reads an escape; the backslash is read already.
    /// - Throws: `PatternError` that names what isn't supported.
    static func parse(
        _ rest: inout Substring.UnicodeScalarView, inClass: Bool
    ) throws(PatternError) -> ScalarSet {
        guard let scalar = rest.popFirst() else { throw PatternError(reason: "it ends too early") }
        switch scalar {
        case "s": return spaces
        case "S": return spaces.inverted
        case "d": return ScalarSet(.digits)
        case "D": return ScalarSet(.digits).inverted
        case "w": return inClass ? wordsInClass : words
        case "W": return (inClass ? wordsInClass : words).inverted
        case "p", "P":
            let set = try property(&rest)
            return scalar == "P" ? set.inverted : set
        case "x", "u":
            let value = try hexadecimal(&rest, digits: scalar == "x" ? 1...2 : 4...4)
            return ScalarSet([value...value])
        case _ where controls[scalar] != nil:
            let value = controls[scalar] ?? 0
            return ScalarSet([value...value])
        case "!"..."/", ":"..."@", "["..."`", "{"..."~", " ":

            return ScalarSet([scalar.value...scalar.value])
        default:
            throw PatternError(reason: "\"\\\(scalar)\" isn't supported")
        }
    }

    private static let spaces = ScalarSet(.space)

    /// Letters, marks, digits and what else Oniguruma counts among words.
    private static let words: ScalarSet = {
        var list = NumberList(UnicodeTables.patternWords)
        return ScalarSet(ScalarSet(.words).ranges + list.ranges())
    }()

    /// `\w` has ², ³, ¹, ¼, ½ and ¾, but not in a class, where Oniguruma uses another table.
    private static let wordsInClass: ScalarSet = {
        let raised = ScalarSet([0xB2...0xB3, 0xB9...0xB9, 0xBC...0xBE])
        return words.intersection(raised.inverted)
    }()

    private static func property(
        _ rest: inout Substring.UnicodeScalarView
    ) throws(PatternError) -> ScalarSet {
        guard rest.popFirst() == "{", let end = rest.firstIndex(of: "}") else {
            throw PatternError(reason: "\\p needs a name in braces")
        }
        var name = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        let isNegated = name.hasPrefix("^")
        if isNegated { name.removeFirst() }
        guard let categories = CategorySet(name: name) else {
            throw PatternError(reason: "\"\\p{\(name)}\" isn't supported")
        }
        let set = ScalarSet(categories)
        return isNegated ? set.inverted : set
    }

    private static func hexadecimal(
        _ rest: inout Substring.UnicodeScalarView, digits: ClosedRange<Int>
    ) throws(PatternError) -> UInt32 {
        var text: Substring.UnicodeScalarView
        if rest.first == "{", let end = rest.firstIndex(of: "}") {
            text = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
        } else {
            text = rest.prefix(digits.upperBound)
            while text.count > digits.lowerBound, UInt32(String(text), radix: 16) == nil {
                text.removeLast()
            }
            rest.removeFirst(text.count)
            if text.count < digits.lowerBound { text.removeAll() }
        }
        guard let value = UInt32(String(text), radix: 16), Unicode.Scalar(value) != nil else {
            throw PatternError(reason: "a hexadecimal number is missing or too large")
        }
        // Bytes above 0x7F that are written one by one are parts of characters.
        if digits.lowerBound == 1, value > 0x7F, value <= 0xFF {
            throw PatternError(reason: "a byte that is no character")
        }
        return value
    }
}
