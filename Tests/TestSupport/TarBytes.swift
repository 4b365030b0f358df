import RedCapsTar

/// A tar header for archives that no program writes; a size from 8 GB on is in base 256.
package func tarHeader(_ name: String, size: Int, type: Character = "0") -> [UInt8] {
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
package func tarBody(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    return bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
}

/// The two blocks of zeros behind the last member.
package let tarEnd = [UInt8](repeating: 0, count: 1024)

/// A plain archive of small files.
package func tarBytes(_ files: KeyValuePairs<String, String>) -> [UInt8] {
    files.flatMap { tarHeader($0.key, size: $0.value.utf8.count) + tarBody($0.value) } + tarEnd
}

/// Puts the checksum right in a header.
package func sealed(_ header: [UInt8]) -> [UInt8] {
    var block = header
    block.replaceSubrange(148..<156, with: [UInt8](repeating: UInt8(ascii: " "), count: 8))
    let digits = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    block.replaceSubrange(148..<155, with: "00\(digits)\0".utf8.suffix(7))
    return block
}

/// An extended header of one record.
package func paxHeader(_ key: String, _ value: String, type: Character = "x") -> [UInt8] {
    paxHeader([(key, value)], type: type)
}

/// An extended header.
package func paxHeader(_ records: [(key: String, value: String)], type: Character = "x") -> [UInt8]
{
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
    package func text(_ path: String) throws -> String {
        String(decoding: try bytes(of: path), as: UTF8.self)
    }
}

/// The names of a tar's members.
package func memberNames(_ tar: String) throws -> [String] {
    let listing = ShardListing(path: tar)
    if let failure = listing.failure { throw failure }
    return listing.members.map { String(decoding: $0.name, as: UTF8.self) }
}
