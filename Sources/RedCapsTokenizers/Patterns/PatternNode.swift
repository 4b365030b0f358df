/// A part of a regular expression.
indirect enum PatternNode {
    case set(ScalarSet)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    case repetition(PatternNode, atLeast: Int, atMost: Int?, Eagerness)
    /// Whether something follows; the position stays.
    case ahead(PatternNode, isNegated: Bool)
    /// Whether a scalar of a set is just before.
    case behind(ScalarSet, isNegated: Bool)
    /// The first way to match something, without going back to another.
    case atomic(PatternNode)

    enum Eagerness { case greedy, lazy, possessive }

    /// Whether it can match nothing at all.
    var isNullable: Bool {
        switch self {
        case .set: false
        case .sequence(let parts): parts.allSatisfy(\.isNullable)
        case .alternatives(let parts): parts.contains(where: \.isNullable)
        case .repetition(let part, let least, _, _): least == 0 || part.isNullable
        case .ahead, .behind: true
        case .atomic(let part): part.isNullable
        }
    }

    /// Whether there is a limit to what it matches.
    var isBounded: Bool {
        switch self {
        case .set, .ahead, .behind: true
        case .sequence(let parts), .alternatives(let parts): parts.allSatisfy(\.isBounded)
        case .repetition(let part, _, let most, _): most != nil && part.isBounded
        case .atomic(let part): part.isBounded
        }
    }
}

/// Why a regular expression isn't taken.
struct PatternError: Error {
    let reason: String
}
