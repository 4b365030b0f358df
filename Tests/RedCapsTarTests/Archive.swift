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

/// A tar header for archives that no program writes; a size from 8 GB on is in base 256.
func tarHeader(_ name: String, size: Int, type: Character = "0") -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
        for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
    }
    func octal(_ value: Int, _ width: Int) -> String {
        let digits = String(value, radix: 8)
        return String(repeating: "0", count: width - digits.count) + digits
    }
    put(name, at: 0)
    put("0000644", at: 100)
    if size < 1 << 33 {
        put(octal(size, 11), at: 124)
    } else {
        block[124] = 0x80
        for index in 0..<8 { block[135 - index] = UInt8(truncatingIfNeeded: size >> (8 * index)) }
    }
    put("14524770000", at: 136)
    put("        ", at: 148)
    put(String(type), at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    put(octal(block.reduce(0) { $0 + Int($1) }, 6), at: 148)
    block[154] = 0
    return block
}

/// A file's bytes, filled up to whole blocks.
func tarBody(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    return bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
}

/// The two blocks of zeros behind the last member.
let tarEnd = [UInt8](repeating: 0, count: 1024)

/// A plain archive of small files.
func tarBytes(_ files: KeyValuePairs<String, String>) -> [UInt8] {
    files.flatMap { tarHeader($0.key, size: $0.value.utf8.count) + tarBody($0.value) } + tarEnd
}

/// Puts the checksum right in a header.
func sealed(_ header: [UInt8]) -> [UInt8] {
    var block = header
    block.replaceSubrange(148..<156, with: [UInt8](repeating: UInt8(ascii: " "), count: 8))
    let digits = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    block.replaceSubrange(148..<155, with: "00\(digits)\0".utf8.suffix(7))
    return block
}

/// An extended header of one record.
func paxHeader(_ key: String, _ value: String, type: Character = "x") -> [UInt8] {
    paxHeader([(key, value)], type: type)
}

/// An extended header.
func paxHeader(_ records: [(key: String, value: String)], type: Character = "x") -> [UInt8] {
    var body = ""
    for (key, value) in records {
        let text = " \(key)=\(value)\n"
        // The length counts its own digits.
        let length = (1...8).map { $0 + text.utf8.count }
            .first { "\($0)".utf8.count + text.utf8.count == $0 }
        body += "\(length ?? 0)\(text)"
    }
    return tarHeader("PaxHeader", size: body.utf8.count, type: type) + tarBody(body)
}

extension FileStore {
    func text(_ path: String) throws -> String {
        String(decoding: try bytes(of: path), as: UTF8.self)
    }
}
