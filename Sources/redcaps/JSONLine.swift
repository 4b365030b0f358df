/// One line of JSON whose keys come in the order in which they were added.
struct JSONLine {
    private var fields: [String] = []

    mutating func add(_ key: String, _ value: Int?) { addRaw(key, value.map(String.init)) }
    mutating func add(_ key: String, _ value: Double) { addRaw(key, "\(value)") }
    mutating func add(_ key: String, _ value: Bool?) { addRaw(key, value.map { "\($0)" }) }
    mutating func add(_ key: String, _ value: [Int]?) {
        addRaw(key, value.map { "[" + $0.map(String.init).joined(separator: ", ") + "]" })
    }
    mutating func add(_ key: String, _ value: String?) { addRaw(key, value.map(Self.quoted)) }
    mutating func add(_ key: String, _ value: [String]) {
        addRaw(key, "[" + value.map(Self.quoted).joined(separator: ", ") + "]")
    }

    private mutating func addRaw(_ key: String, _ value: String?) {
        fields.append("\(Self.quoted(key)): \(value ?? "null")")
    }

    var text: String { "{" + fields.joined(separator: ", ") + "}" }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
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
        return result + "\""
    }
}
