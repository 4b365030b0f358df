/// One line of JSON whose keys come in the order in which they were added.
package struct JSONLine: Sendable {
    private var fields: [String] = []

    package init() {}

    package mutating func add(_ key: String, _ value: Int?) { addRaw(key, value.map(String.init)) }
    package mutating func add(_ key: String, _ value: Double) { addRaw(key, "\(value)") }
    package mutating func add(_ key: String, _ value: Bool?) { addRaw(key, value.map { "\($0)" }) }
    package mutating func add(_ key: String, _ value: [Int]?) {
        addRaw(key, value.map { "[" + $0.map(String.init).joined(separator: ", ") + "]" })
    }
    package mutating func add(_ key: String, _ value: String?) {
        addRaw(key, value.map(Self.quoted))
    }
    /// Adds text whose bytes need not be UTF-8: those that aren't become single surrogates, which is
    /// how Python reads and writes file names (PEP 383).
    package mutating func add(_ key: String, bytes: [UInt8]) {
        addRaw(key, Self.quoted(bytes))
    }
    package mutating func add(_ key: String, _ value: [String]) {
        addRaw(key, "[" + value.map(Self.quoted).joined(separator: ", ") + "]")
    }

    /// Adds a value that is JSON already.
    package mutating func add(_ key: String, json: String) { addRaw(key, json) }

    private mutating func addRaw(_ key: String, _ value: String?) {
        fields.append("\(Self.quoted(key)): \(value ?? "null")")
    }

    package var text: String { "{" + fields.joined(separator: ", ") + "}" }

    private static func quoted(_ path: [UInt8]) -> String {
        if let text = String(validating: path, as: UTF8.self) { return quoted(text) }
        var result = "\""
        var decoder = UTF8.ForwardParser()
        var bytes = path.makeIterator()
        var position = 0
        while true {
            switch decoder.parseScalar(from: &bytes) {
            case .valid(let encoded):
                append(UTF8.decode(encoded), to: &result)
                position += encoded.count
            case .error(let length):
                for byte in path[position..<(position + length)] {
                    result += "\\udc" + String(byte, radix: 16)
                }
                position += length
            case .emptyInput: return result + "\""
            }
        }
    }

    /// A text in quotation marks.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars { append(scalar, to: &result) }
        return result + "\""
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout String) {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20:
            let hex = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: result.unicodeScalars.append(scalar)
        }
    }
}
