/// A JSON value as Python's `json` module reads it.
public enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without point or exponent.
    case integer(Int)
    /// Any other number, infinities and `NaN` included.
    case number(Double)
    /// A string.
    case string(String)
    /// A string with a single surrogate: it parses, but isn't text.
    case malformedString
    /// An array.
    case array([JSONValue])
    /// An object; of a key that comes twice, the last counts. Keys are the same if their bytes are.
    case object([ExactText: JSONValue])

    /// Parses a whole text.
    /// - Throws: `JSONError` for anything that Python's `json.load` refuses.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        self = try scanner.readValue()
        try scanner.finish()
    }

    /// How a message shows it: in short.
    package var summary: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): "\"\(value.count > 60 ? value.prefix(57) + "…" : value)\""
        case .malformedString: "a string with a lone surrogate"
        case .array(let values): "an array of \(values.count)"
        case .object(let values): "an object of \(values.count)"
        }
    }
}

extension JSONValue: Equatable {
    /// Whether both are the same; texts are if their bytes are.
    public static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null), (.malformedString, .malformedString): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a.isExactly(b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }
}
