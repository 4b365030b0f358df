/// Why a text isn't JSON as Python reads it.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where, in bytes from the start.
    public let byteOffset: Int
    /// What is wrong.
    public let reason: String

    package init(byteOffset: Int, reason: String) {
        (self.byteOffset, self.reason) = (byteOffset, reason)
    }

    /// The place and the reason in one line.
    public var description: String { "not valid JSON at byte \(byteOffset): \(reason)" }
}

/// Reads JSON from bytes, piece by piece, and accepts exactly what Python's `json.load` does.
///
/// Unlike Foundation's parsers that takes in `NaN`, `Infinity`, numbers beyond the range of a
/// double, and escapes of single surrogates; unlike lenient ones it refuses a byte-order mark,
/// invalid UTF-8 and raw control characters in strings.
package struct JSONScanner {
    /// Python gives up at about a thousand levels, depending on who calls it.
    private static let maximumDepth = 900

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// - Parameter depth: How deep in arrays and objects the text lies.
    package init(_ bytes: [UInt8], depth: Int = 0) {
        self.bytes = bytes
        self.depth = depth
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    package func failure(_ reason: String) -> JSONError {
        JSONError(byteOffset: position, reason: reason)
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// The first byte of the next value, which tells its kind.
    package mutating func peek() throws(JSONError) -> UInt8 {
        skipSpace()
        guard let byte = current else { throw failure("a value is missing") }
        return byte
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard current == byte else { return false }
        position += 1
        return true
    }

    /// Makes sure that nothing but white space is left.
    package mutating func finish() throws(JSONError) {
        skipSpace()
        if position < bytes.count { throw failure("extra data") }
    }

    // MARK: Values

    /// Reads an array; `body` must consume each element.
    package mutating func readArray(
        _ body: (inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard take(UInt8(ascii: "[")) else { throw failure("expected an array") }
        try enter()
        if take(UInt8(ascii: "]")) { return leave() }
        repeat {
            try body(&self)
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("expected \",\" or \"]\"") }
        leave()
    }

    /// Reads an object; `body` gets each key and must consume its value.
    package mutating func readObject(
        _ body: (String, inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard take(UInt8(ascii: "{")) else { throw failure("expected an object") }
        try enter()
        if take(UInt8(ascii: "}")) { return leave() }
        repeat {
            let key = try readString().text
            guard take(UInt8(ascii: ":")) else { throw failure("expected \":\" after a key") }
            try body(key, &self)
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("expected \",\" or \"}\"") }
        leave()
    }

    /// Reads an object; `body` gets the UTF-8 of each key, in memory that is used again, and must
    /// consume its value. The keys' escapes of single surrogates show as U+FFFD, and their UTF-8 isn't
    /// checked.
    package mutating func readObjectOfBytes(
        _ body: ([UInt8], inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard take(UInt8(ascii: "{")) else { throw failure("expected an object") }
        try enter()
        if take(UInt8(ascii: "}")) { return leave() }
        var key: [UInt8] = []
        repeat {
            try readString(into: &key)
            guard take(UInt8(ascii: ":")) else { throw failure("expected \":\" after a key") }
            try body(key, &self)
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("expected \",\" or \"}\"") }
        leave()
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        if depth > Self.maximumDepth { throw failure("nested more than \(Self.maximumDepth) deep") }
    }

    private mutating func leave() { depth -= 1 }

    /// Reads any value.
    package mutating func readValue() throws(JSONError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "{"):
            var object: [ExactText: JSONValue] = [:]
            try readObject { (key, scanner) throws(JSONError) in
                object[ExactText(key)] = try scanner.readValue()
            }
            return .object(object)
        case UInt8(ascii: "["):
            var array: [JSONValue] = []
            try readArray { (scanner) throws(JSONError) in
                array.append(try scanner.readValue())
            }
            return .array(array)
        case UInt8(ascii: "\""):
            let string = try readString()
            return string.hasLoneSurrogate ? .malformedString : .string(string.text)
        default:
            return try readScalar()
        }
    }

    /// Checks a value and forgets it.
    package mutating func skipValue() throws(JSONError) {
        switch try peek() {
        case UInt8(ascii: "{"):
            try readObject { (_, scanner) throws(JSONError) in try scanner.skipValue() }
        case UInt8(ascii: "["):
            try readArray { (scanner) throws(JSONError) in try scanner.skipValue() }
        case UInt8(ascii: "\""): _ = try readString()
        default: _ = try readScalar()
        }
    }

    private mutating func readScalar() throws(JSONError) -> JSONValue {
        let words: [(StaticString, JSONValue)] = [
            ("null", .null), ("true", .bool(true)), ("false", .bool(false)),
            ("NaN", .number(.nan)), ("Infinity", .number(.infinity)),
            ("-Infinity", .number(-.infinity)),
        ]
        for (word, value) in words where starts(with: word) {
            position += word.utf8CodeUnitCount
            return value
        }
        return try readNumber()
    }

    private func starts(with word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        return unsafe bytes[position..<(position + count)].elementsEqual(
            UnsafeBufferPointer(start: word.utf8Start, count: count))
    }

    private mutating func readNumber() throws(JSONError) -> JSONValue {
        let start = position
        var isInteger = true
        if current == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        if current == UInt8(ascii: "0") {
            position += 1
        } else if skipDigits() == 0 {
            position = start
            throw failure("expected a value")
        }
        if current == UInt8(ascii: ".") {
            position += 1
            if skipDigits() == 0 { throw failure("expected digits after the point") }
            isInteger = false
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            if skipDigits() == 0 { throw failure("expected digits in the exponent") }
            isInteger = false
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger {
            if let integer = Int(text) { return .integer(integer) }
            // Python refuses to convert more than 4300 digits.
            if position - firstDigit > 4300 { throw failure("an integer of more than 4300 digits") }
        }
        return .number(Double(text) ?? .nan)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        return position - start
    }

    // MARK: Strings

    /// Reads a string. A single surrogate, which no valid text holds, shows as U+FFFD and is told.
    package mutating func readString() throws(JSONError) -> (text: String, hasLoneSurrogate: Bool) {
        let (text, surrogates) = try readSurrogates()
        return (text, !surrogates.isEmpty)
    }

    /// Reads a string as Python uses it for the name of a file: U+DC80 to U+DCFF without their other
    /// halves are bytes that aren't UTF-8 (PEP 383).
    /// - Returns: `nil` if it holds other surrogates, with which Python opens no file.
    package mutating func readPath() throws(JSONError) -> [UInt8]? {
        let (text, surrogates) = try readSurrogates()
        var bytes = Array(text.utf8)
        for (position, code) in surrogates.reversed() {
            guard (0xDC80...0xDCFF).contains(code) else { return nil }
            bytes.replaceSubrange(position..<(position + 3), with: [UInt8(code - 0xDC00)])
        }
        return bytes
    }

    /// Reads a string, with U+FFFD for the surrogates that have no other half, and these.
    private mutating func readSurrogates() throws(JSONError) -> (
        text: String, surrogates: [(position: Int, code: UInt32)]
    ) {
        var text: [UInt8] = []
        var surrogates: [(position: Int, code: UInt32)] = []
        try read(into: &text, &surrogates)
        guard let string = String(validating: text, as: UTF8.self) else {
            throw failure("a string isn't UTF-8")
        }
        return (string, surrogates)
    }

    /// Reads a string into memory that is used again, in place of what was there. Single surrogates
    /// show as U+FFFD, and the UTF-8 isn't checked.
    package mutating func readString(into text: inout [UInt8]) throws(JSONError) {
        var surrogates: [(position: Int, code: UInt32)] = []
        text.removeAll(keepingCapacity: true)
        try read(into: &text, &surrogates)
    }

    private mutating func read(
        into text: inout [UInt8], _ surrogates: inout [(position: Int, code: UInt32)]
    ) throws(JSONError) {
        guard take(UInt8(ascii: "\"")) else { throw failure("expected a string") }
        var runStart = position
        while true {
            guard let byte = current else { throw failure("a string has no end") }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text.append(contentsOf: bytes[runStart..<position])
                position += 1
                if byte == UInt8(ascii: "\"") { return }
                let code = try readEscape()
                if let scalar = Unicode.Scalar(code) {
                    text.append(contentsOf: UTF8.encode(scalar) ?? .init())
                } else {
                    surrogates.append((text.count, code))
                    text.append(contentsOf: "\u{FFFD}".utf8)
                }
                runStart = position
            case ..<0x20:
                throw failure("a raw control character in a string")
            default:
                position += 1
            }
        }
    }

    /// Reads what follows a backslash.
    /// - Returns: A scalar's value, or that of a surrogate without its other half.
    private mutating func readEscape() throws(JSONError) -> UInt32 {
        guard let byte = current else { throw failure("a string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(byte)
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"): break
        default:
            position -= 1
            throw failure("an unknown escape")
        }
        let unit = try readHex()
        if unit & 0xFC00 == 0xD800, starts(with: "\\u") {
            let before = position
            position += 2
            let low = try readHex()
            if low & 0xFC00 == 0xDC00 {
                return 0x10000 + ((unit & 0x3FF) << 10 | low & 0x3FF)
            }
            position = before
        }
        return unit
    }

    private mutating func readHex() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, byte < 0x80,
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw failure("\\u needs four hexadecimal digits") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
