/// A text that equals another one only if it is written in the same bytes.
///
/// Strings of Swift's are equal where Unicode calls them canonically equivalent: "é" as one scalar and
/// as a letter with an accent. File systems, JSON and vocabularies tell these apart, and so does
/// Python. The order is that of the bytes, which is Python's.
public struct ExactText: Sendable, Hashable, Comparable, ExpressibleByStringLiteral {
    /// The text.
    public let text: String

    /// Wraps a text.
    public init(_ text: String) { self.text = text }

    /// Wraps a text.
    public init(stringLiteral text: String) { self.text = text }

    /// Whether both have the same bytes.
    public static func == (a: ExactText, b: ExactText) -> Bool { a.text.isExactly(b.text) }

    /// Whether the bytes of one come before those of the other.
    public static func < (a: ExactText, b: ExactText) -> Bool {
        a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }

    /// Feeds the bytes.
    public func hash(into hasher: inout Hasher) {
        let isFed: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isFed == nil {
            unsafe Array(text.utf8).withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
        hasher.combine(0xFF as UInt8)
    }
}

extension ExactText: CustomStringConvertible {
    /// The text.
    public var description: String { text }
}

/// Texts as bytes. Swift's `==`, `hasPrefix` and `split` go by characters: a slash with an accent on it
/// would be no slash.
extension StringProtocol {
    /// Whether another text has the same bytes.
    package func isExactly(_ other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }

    /// Whether the first bytes are those of another text.
    package func beginsExactly(with start: some StringProtocol) -> Bool {
        utf8.starts(with: start.utf8)
    }

    /// Whether the last bytes are those of another text.
    package func endsExactly(with end: some StringProtocol) -> Bool {
        utf8.reversed().starts(with: end.utf8.reversed())
    }

    /// What lies between the bytes of an ASCII character.
    package func pieces(at separator: Unicode.Scalar, keepingEmpty: Bool = false) -> [Substring] {
        let bytes = Substring(self).utf8
        return bytes.split(
            separator: UInt8(ascii: separator), omittingEmptySubsequences: !keepingEmpty
        ).map { Substring($0) }
    }
}
