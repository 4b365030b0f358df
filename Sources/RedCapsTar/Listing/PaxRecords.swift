/// The records of a pax extended header, `length key=value` each: those that an index needs.
struct PaxRecords {
    private(set) var path: [UInt8]?
    private(set) var size: UInt64?
    private(set) var isSparse = false

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
            case "size":
                guard let number = UInt64(String(decoding: value, as: UTF8.self)) else {
                    return nil
                }
                size = number
            case _ where key.hasPrefix("GNU.sparse.") || key == "SCHILY.realsize":
                isSparse = true
            default:
                break
            }
            rest = rest[(rest.startIndex + length)...]
        }
    }
}
