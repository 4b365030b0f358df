/// A set of Unicode's general categories.
///
/// A category is a bit, in the order in which `UnicodeTables.categories` numbers them. White space
/// among the control characters is a category of its own here.
struct CategorySet: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    static let uppercase = CategorySet(rawValue: 1 << 0)
    static let lowercase = CategorySet(rawValue: 1 << 1)
    static let titlecase = CategorySet(rawValue: 1 << 2)
    static let modifierLetters = CategorySet(rawValue: 1 << 3)
    static let otherLetters = CategorySet(rawValue: 1 << 4)
    static let letters = CategorySet(rawValue: 0b1_1111)
    static let marks = CategorySet(rawValue: 0b111 << 5)
    static let digits = CategorySet(rawValue: 1 << 8)
    static let letterNumbers = CategorySet(rawValue: 1 << 9)
    static let numbers = CategorySet(rawValue: 0b111 << 8)
    static let connectors = CategorySet(rawValue: 1 << 11)
    static let punctuation = CategorySet(rawValue: 0b111_1111 << 11)
    static let symbols = CategorySet(rawValue: 0b1111 << 18)
    static let separators = CategorySet(rawValue: 0b111 << 22)
    static let control = CategorySet(rawValue: 1 << 25 | 1 << 30)
    static let controlSpace = CategorySet(rawValue: 1 << 30)
    static let other = CategorySet(rawValue: 0b1_1111 << 25 | 1 << 30)
    static let all = CategorySet(rawValue: (1 << 31) - 1)

    /// White space: `\s` in a pattern.
    static let space: CategorySet = [.separators, .controlSpace]
    /// Letters in `\w`, beside `UnicodeTables.patternWords`.
    static let words: CategorySet = [.letters, .marks, .digits, .letterNumbers, .connectors]

    /// The abbreviations of the categories, by number.
    static let names = [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
    ]

    /// The set that `\p{name}` means, for a category or its first letter.
    init?(name: String) {
        switch name {
        case "L": self = .letters
        case "M": self = .marks
        case "N": self = .numbers
        case "P": self = .punctuation
        case "S": self = .symbols
        case "Z": self = .separators
        case "C": self = .other
        case "Cc": self = .control
        default:
            guard let number = Self.names.firstIndex(of: name) else { return nil }
            self.init(rawValue: 1 << UInt32(number))
        }
    }

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Whether a scalar with these properties is in the set.
    @inline(__always)
    func contains(_ properties: ScalarProperties) -> Bool {
        rawValue &>> UInt32(properties.rawValue & 31) & 1 != 0
    }
}
