import RedCapsBase

/// The records of a pax extended header, `length key=value` each: those that an index needs.
struct PaxRecords {
    private(set) var path: [UInt8]?
    private(set) var size: UInt64?
    /// Whether GNU tar or star has left the holes of the member out.
    private(set) var isSparse = false
    /// The name of such a member, where its header has another one.
    private(set) var sparsePath: [UInt8]?
    /// The time of the last change, in seconds and nanoseconds since 1970.
    private(set) var modified: FileTime?

    /// Whether a global header with these records would change the members after it.
    var changesMembers: Bool { path != nil || size != nil || isSparse }

    /// Parses the body of an extended header.
    /// - Returns: `nil` if it isn't made of such records.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let first = rest.first, first != 0 {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
                let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex, length <= rest.count
            else { return nil }
            let record = rest[(space + 1)..<(rest.startIndex + length)]
            guard record.last == UInt8(ascii: "\n"),
                let equals = record.firstIndex(of: UInt8(ascii: "="))
            else { return nil }
            let key = String(decoding: record[..<equals], as: UTF8.self)
            let value = record[(equals + 1)...].dropLast()
            switch key {
            case "path":
                path = value.isEmpty ? nil : Array(value)
            case "mtime":
                modified = Self.time(value)
            case "size":
                guard let number = UInt64(String(decoding: value, as: UTF8.self)) else {
                    return nil
                }
                size = number
            case "GNU.sparse.name":
                isSparse = true
                sparsePath = value.isEmpty ? nil : Array(value)
            case _ where key.hasPrefix("GNU.sparse.") || key == "SCHILY.realsize":
                isSparse = true
            default:
                break
            }
            rest = rest[(rest.startIndex + length)...]
        }
    }

    /// A decimal number of seconds, possibly negative, of whose fraction nine digits count.
    private static func time(_ text: ArraySlice<UInt8>) -> FileTime? {
        let isNegative = text.first == UInt8(ascii: "-")
        let parts = (isNegative ? text.dropFirst() : text)
            .split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, let seconds = Int(String(decoding: whole, as: UTF8.self)),
            seconds >= 0
        else { return nil }
        let digits = parts.count > 1 ? parts[1].prefix(9) : []
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        var nanoseconds = 0
        for place in 0..<9 {
            let digit = place < digits.count ? Int(digits[digits.startIndex + place]) - 48 : 0
            nanoseconds = nanoseconds * 10 + digit
        }
        if isNegative, nanoseconds > 0 {
            return FileTime(seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds)
        }
        return FileTime(seconds: isNegative ? -seconds : seconds, nanoseconds: nanoseconds)
    }
}
