/// What Python does to text and Swift does otherwise.
enum PythonText {
    /// Python's `str.strip()`: drops its 29 white-space code points from both ends.
    static func strip(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(scalars[first...last])
    }

    /// What Python makes of a file's text as it reads it: `\r\n` and `\r` become `\n`.
    static func withUniversalNewlines(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\r")) else { return text }
        var result = String.UnicodeScalarView()
        var follows = false
        for scalar in text.unicodeScalars {
            if scalar == "\r" || !(follows && scalar == "\n") {
                result.append(scalar == "\r" ? "\n" : scalar)
            }
            follows = scalar == "\r"
        }
        return String(result)
    }

    /// Whether Python strips a scalar.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
            0x205F, 0x3000:
            true
        default:
            false
        }
    }
}
