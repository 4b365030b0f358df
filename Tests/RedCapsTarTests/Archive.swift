import RedCapsTar
import TestSupport

/// The committed archives, and what GNU tar and Python's tarfile say of them.
enum Archive {
    struct Golden: Equatable, CustomStringConvertible {
        let name: [UInt8]
        let kind: String
        let offset: UInt64
        let size: UInt64

        var description: String {
            "\(String(decoding: name, as: UTF8.self)) \(kind) at \(offset), \(size) bytes"
        }
    }

    static let names: [String] = (try? golden().keys.sorted()) ?? []

    static func path(_ name: String) -> String { Fixture.path("tars/\(name).tar") }

    static func golden() throws -> [String: [Golden]] {
        try Fixture.decode([String: [Row]].self, from: "tars.json").mapValues { $0.map(\.golden) }
    }

    /// Names without the slash that some writers give to directories.
    static func golden(_ member: TarMember) -> Golden {
        let name = member.name.reversed().drop { $0 == UInt8(ascii: "/") }.reversed()
        // Where the bytes of a thing without bytes begin is anybody's choice.
        let hasBytes = member.kind == .file
        return Golden(
            name: Array(name), kind: "\(member.kind)", offset: hasBytes ? member.offset : 0,
            size: hasBytes ? member.size : 0)
    }

    /// One row of the golden listing: name in hexadecimal, kind, offset, size.
    private struct Row: Decodable {
        let golden: Golden

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            let hex = Array(try values.decode(String.self).utf8)
            let name = stride(from: 0, to: hex.count, by: 2).map { index in
                UInt8(String(decoding: hex[index..<(index + 2)], as: UTF8.self), radix: 16) ?? 0
            }
            let kind = try values.decode(String.self)
            let offset = try values.decode(UInt64.self)
            let size = try values.decode(UInt64.self)
            golden = Golden(
                name: name, kind: kind, offset: kind == "file" ? offset : 0,
                size: kind == "file" ? size : 0)
        }
    }
}
