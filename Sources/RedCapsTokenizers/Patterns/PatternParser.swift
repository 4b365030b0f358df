/// Reads a regular expression in the part of Oniguruma's syntax that tokenizers use.
struct PatternParser {
    private var rest: Substring.UnicodeScalarView
    /// Whether upper and lower case are the same.
    private var ignoresCase = false
    private var depth = 0

    /// - Throws: `PatternError` that names what isn't supported.
    static func parse(_ text: String) throws(PatternError) -> PatternNode {
        var parser = PatternParser(rest: Substring(text).unicodeScalars)
        let node = try parser.alternatives()
        if let scalar = parser.rest.first { throw PatternError(reason: "an odd \"\(scalar)\"") }
        return node
    }

    private init(rest: Substring.UnicodeScalarView) { self.rest = rest }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest.removeFirst(text.unicodeScalars.count)
        return true
    }

    private mutating func next() throws(PatternError) -> Unicode.Scalar {
        guard let scalar = rest.popFirst() else { throw PatternError(reason: "it ends too early") }
        return scalar
    }

    private mutating func alternatives() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        if depth > 100 { throw PatternError(reason: "nested more than 100 deep") }
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .alternatives(parts)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let scalar = rest.first, scalar != "|", scalar != ")" {
            let part = try repeated(try atom())
            if ignoresCase, case .set(let set) = part, case .set(let before)? = parts.last,
                Self.foldTogether(before, set)
            {
                throw PatternError(reason: "letters that fold together, without case")
            }
            parts.append(part)
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    /// Whether two neighbours are ss, st, ff, fi or fl, which match ß, ﬆ, ﬀ, ﬁ and ﬂ, too.
    private static func foldTogether(_ first: ScalarSet, _ second: ScalarSet) -> Bool {
        [("s", "s"), ("s", "t"), ("f", "f"), ("f", "i"), ("f", "l")].contains {
            (pair: (Unicode.Scalar, Unicode.Scalar)) in
            first.contains(pair.0.value) && second.contains(pair.1.value)
        }
    }

    // MARK: Repetitions

    private mutating func repeated(_ node: PatternNode) throws(PatternError) -> PatternNode {
        var node = node
        while let (least, most, isInterval) = try count() {
            if node.isNullable { throw PatternError(reason: "a repetition of what may be empty") }
            var eagerness = PatternNode.Eagerness.greedy
            if take("?") { eagerness = .lazy } else if take("+") { eagerness = .possessive }
            // In Ruby's syntax these are no lazy and possessive intervals.
            if isInterval, eagerness == .possessive || eagerness == .lazy && least == most {
                throw PatternError(reason: "an interval with \"?\" or \"+\"")
            }
            node = .repetition(node, atLeast: least, atMost: most, eagerness)
        }
        return node
    }

    private mutating func count() throws(PatternError) -> (Int, Int?, isInterval: Bool)? {
        if take("*") { return (0, nil, false) }
        if take("+") { return (1, nil, false) }
        if take("?") { return (0, 1, false) }
        guard rest.first == "{" else { return nil }
        let before = rest
        rest.removeFirst()
        let least = number()
        var most = least
        if take(",") { most = number() } else if least == nil { most = nil }
        guard take("}"), least != nil || most != nil else {
            rest = before
            return nil
        }
        if let most, most < least ?? 0 { throw PatternError(reason: "an interval that is empty") }
        if max(least ?? 0, most ?? 0) > 1000 { throw PatternError(reason: "over 1000 repetitions") }
        return (least ?? 0, most, true)
    }

    private mutating func number() -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, digits.count < 6 else { return nil }
        rest.removeFirst(digits.count)
        return Int(String(digits))
    }

    // MARK: Atoms

    private mutating func atom() throws(PatternError) -> PatternNode {
        let scalar = try next()
        switch scalar {
        case "(": return try group()
        case "[": return .set(try fold(try characterClass()))
        case ".": return .set(ScalarSet([0x0A...0x0A]).inverted)
        case "\\": return .set(try fold(try PatternEscape.parse(&rest, inClass: false)))
        case "^", "$", "*", "+", "?": throw PatternError(reason: "\"\(scalar)\" isn't supported")
        default: return .set(try literal(scalar))
        }
    }

    private func literal(_ scalar: Unicode.Scalar) throws(PatternError) -> ScalarSet {
        try fold(ScalarSet([scalar.value...scalar.value]))
    }

    private func fold(_ set: ScalarSet) throws(PatternError) -> ScalarSet {
        guard ignoresCase else { return set }
        guard let folded = set.caseFolded else {
            throw PatternError(reason: "more than ASCII without case")
        }
        return folded
    }

    private mutating func group() throws(PatternError) -> PatternNode {
        let kinds: [(String, (PatternNode) throws(PatternError) -> PatternNode)] = [
            ("?:", { $0 }),
            ("?>", { .atomic($0) }),
            ("?=", { node throws(PatternError) in try Self.look(node, isNegated: false) }),
            ("?!", { node throws(PatternError) in try Self.look(node, isNegated: true) }),
            ("?<=", { node throws(PatternError) in try Self.lookBack(node, isNegated: false) }),
            ("?<!", { node throws(PatternError) in try Self.lookBack(node, isNegated: true) }),
        ]
        let before = ignoresCase
        var make: (PatternNode) throws(PatternError) -> PatternNode = { $0 }
        if let kind = kinds.first(where: { rest.starts(with: $0.0.unicodeScalars) }) {
            rest.removeFirst(kind.0.unicodeScalars.count)
            make = kind.1
        } else if take("?i:") {
            ignoresCase = true
        } else if take("?-i:") {
            ignoresCase = false
        } else if rest.first == "?" {
            throw PatternError(reason: "\"(\(String(rest.prefix(3)))\" isn't supported")
        }
        let node = try alternatives()
        guard take(")") else { throw PatternError(reason: "a group has no end") }
        ignoresCase = before
        return try make(node)
    }

    private static func look(
        _ node: PatternNode, isNegated: Bool
    ) throws(PatternError) -> PatternNode {
        guard node.isBounded else { throw PatternError(reason: "looking ahead without a limit") }
        return .ahead(node, isNegated: isNegated)
    }

    private static func lookBack(
        _ node: PatternNode, isNegated: Bool
    ) throws(PatternError) -> PatternNode {
        guard case .set(let set) = node else {
            throw PatternError(reason: "looking back at more than a character")
        }
        return .behind(set, isNegated: isNegated)
    }

    // MARK: Classes

    /// Reads what follows `[`.
    private mutating func characterClass() throws(PatternError) -> ScalarSet {
        depth += 1
        defer { depth -= 1 }
        if depth > 100 { throw PatternError(reason: "nested more than 100 deep") }
        let isNegated = take("^")
        if rest.first == "]" { throw PatternError(reason: "an empty class") }
        var whole: ScalarSet?
        var part = ScalarSet([])
        while !take("]") {
            if take("&&") {
                whole = whole?.intersection(part) ?? part
                part = ScalarSet([])
            } else if take("[") {
                if rest.first == ":" { throw PatternError(reason: "\"[:\" isn't supported") }
                part = part.union(try characterClass())
            } else {
                part = part.union(try member())
            }
        }
        let set = whole?.intersection(part) ?? part
        return isNegated ? set.inverted : set
    }

    /// Reads a character, a range or an escape.
    private mutating func member() throws(PatternError) -> ScalarSet {
        let first = try item()
        guard rest.first == "-", rest.dropFirst().first != "]" else { return first }
        guard let low = first.single else { throw PatternError(reason: "a range of classes") }
        rest.removeFirst()
        if rest.first == "[" { throw PatternError(reason: "a range of classes") }
        guard let high = try item().single, low <= high else {
            throw PatternError(reason: "a range that is empty, or of classes")
        }
        return ScalarSet([low...high])
    }

    private mutating func item() throws(PatternError) -> ScalarSet {
        let scalar = try next()
        if scalar == "\\" { return try PatternEscape.parse(&rest, inClass: true) }
        return ScalarSet([scalar.value...scalar.value])
    }
}

extension ScalarSet {
    /// The only member, if there is just one.
    fileprivate var single: UInt32? {
        ranges.count == 1 && ranges[0].count == 1 ? ranges[0].lowerBound : nil
    }
}
