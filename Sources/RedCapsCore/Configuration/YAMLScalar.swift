import RedCapsBase

#if YAML
/// What plain text in YAML stands for, by PyYAML's rules: those of YAML 1.1, except that a float has
/// a point and its exponent a sign.
enum YAMLScalar {
    /// Null, a truth value, a number, or the text itself. Dates stay text.
    static func value(of text: String) -> JSONValue {
        if ["", "~", "null", "Null", "NULL"].contains(text) { return .null }
        return bool(text) ?? integer(text) ?? float(text) ?? .string(text)
    }

    static func bool(_ text: String) -> JSONValue? {
        // Written small, with a capital, or in capitals; `y` and `n` alone are text.
        guard [text.lowercased(), text.uppercased(), capitalized(text)].contains(text) else {
            return nil
        }
        switch text.lowercased() {
        case "yes", "true", "on": return .bool(true)
        case "no", "false", "off": return .bool(false)
        default: return nil
        }
    }

    private static func capitalized(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst().lowercased()
    }

    static func integer(_ text: String) -> JSONValue? {
        var rest = Array(text.utf8)[...]
        let isNegative = takeSign(&rest)
        guard let first = rest.first, isDigit(first) else { return nil }
        let digits: ArraySlice<UInt8>
        var radix = 10
        if rest.starts(with: "0b".utf8) || rest.starts(with: "0x".utf8) {
            radix = rest.dropFirst().first == UInt8(ascii: "b") ? 2 : 16
            digits = rest.dropFirst(2)
        } else if rest.contains(UInt8(ascii: ":")) {
            return sexagesimal(rest[...], isNegative, hasPoint: false)
        } else {
            radix = first == UInt8(ascii: "0") && rest.count > 1 ? 8 : 10
            digits = rest
        }
        let bare = digits.filter { $0 != UInt8(ascii: "_") }
        guard !bare.isEmpty, bare.allSatisfy({ digit($0) ?? 16 < radix }) else {
            return nil
        }
        let number = String(decoding: bare, as: UTF8.self)
        if let exact = Int((isNegative ? "-" : "") + number, radix: radix) {
            return .integer(exact)
        }
        let size = bare.reduce(0.0) { $0 * Double(radix) + Double(digit($1) ?? 0) }
        let value = radix == 10 ? Double(number) ?? size : size
        return .number(isNegative ? -value : value)
    }

    static func float(_ text: String) -> JSONValue? {
        let bytes = Array(text.utf8)
        var rest = bytes[...]
        let isNegative = takeSign(&rest)
        switch String(decoding: rest, as: UTF8.self) {
        case ".inf", ".Inf", ".INF": return .number(isNegative ? -.infinity : .infinity)
        case ".nan", ".NaN", ".NAN": return rest.count == bytes.count ? .number(.nan) : nil
        default: break
        }
        guard let first = rest.first else { return nil }
        if rest.contains(UInt8(ascii: ":")) {
            return isDigit(first) ? sexagesimal(rest, isNegative, hasPoint: true) : nil
        }
        let whole = rest.prefix { isDigit($0) || $0 == UInt8(ascii: "_") }
        rest = rest.dropFirst(whole.count)
        guard rest.first == UInt8(ascii: ".") else { return nil }
        rest = rest.dropFirst()
        let fraction = rest.prefix { isDigit($0) || $0 == UInt8(ascii: "_") }
        rest = rest.dropFirst(fraction.count)
        if whole.isEmpty {
            // Without digits before the point there is no sign, and a digit after it.
            guard bytes.first == UInt8(ascii: "."), fraction.first.map(isDigit) ?? false else {
                return nil
            }
        } else if !isDigit(first) {
            return nil
        }
        if let letter = rest.first {
            guard letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") else { return nil }
            var exponent = rest.dropFirst()
            let sign = exponent.first
            guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
            exponent = exponent.dropFirst()
            guard !exponent.isEmpty, exponent.allSatisfy(isDigit) else { return nil }
        }
        let digits = [whole, [UInt8(ascii: ".")], fraction, rest].joined()
            .filter { $0 != UInt8(ascii: "_") }
        var number = String(decoding: digits, as: UTF8.self)
        if number.hasPrefix(".") { number = "0" + number }
        number = number.replacing(".e", with: ".0e").replacing(".E", with: ".0e")
        if number.hasSuffix(".") { number += "0" }
        return Double((isNegative ? "-" : "") + number).map(JSONValue.number)
    }

    /// Hours, minutes and seconds: `1:30` is 90.
    private static func sexagesimal(
        _ text: ArraySlice<UInt8>, _ isNegative: Bool, hasPoint: Bool
    ) -> JSONValue? {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var total = 0.0
        for (place, part) in parts.enumerated() {
            var digits = part[...]
            var fraction: [UInt8] = []
            if hasPoint, place == parts.count - 1 {
                guard let point = part.firstIndex(of: UInt8(ascii: ".")) else { return nil }
                digits = part[..<point]
                fraction = part[(point + 1)...].filter { $0 != UInt8(ascii: "_") }
                guard fraction.allSatisfy(isDigit) else { return nil }
            }
            if place == 0 {
                guard let first = digits.first, isDigit(first),
                    hasPoint || first != UInt8(ascii: "0")
                else { return nil }
                digits = digits.filter { $0 != UInt8(ascii: "_") }[...]
            } else {
                guard (1...2).contains(digits.count),
                    digits.count == 1 || digits.first ?? 0 <= UInt8(ascii: "5")
                else { return nil }
            }
            guard digits.allSatisfy(isDigit),
                let number = Double(String(decoding: digits, as: UTF8.self))
            else { return nil }
            total = total * 60 + number
            if !fraction.isEmpty {
                total += Double("0." + String(decoding: fraction, as: UTF8.self)) ?? 0
            }
        }
        if isNegative { total = -total }
        return hasPoint
            ? .number(total) : Int(exactly: total).map(JSONValue.integer) ?? .number(total)
    }

    /// Takes a sign off.
    /// - Returns: Whether it was a minus.
    private static func takeSign(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else {
            return false
        }
        rest = rest.dropFirst()
        return sign == UInt8(ascii: "-")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func digit(_ byte: UInt8) -> Int? {
        Character(Unicode.Scalar(byte)).hexDigitValue
    }
}
#endif
