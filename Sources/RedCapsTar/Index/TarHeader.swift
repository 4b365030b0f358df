/// The 512 bytes before a member: the fields that an index needs.
struct TarHeader {
    static let size = 512

    /// Which dialect's rules the name follows.
    enum Dialect {
        case v7, ustar, gnu
    }

    let dialect: Dialect
    let typeFlag: UInt8
    let name: [UInt8]
    /// `nil` if the field isn't a number that this reader knows.
    let byteCount: UInt64?

    /// Parses a block.
    /// - Returns: `nil` if the checksum doesn't fit.
    init?(_ block: ArraySlice<UInt8>) {
        precondition(block.count == Self.size)
        let start = block.startIndex
        func field(_ offset: Int, _ count: Int) -> ArraySlice<UInt8> {
            block[(start + offset)..<(start + offset + count)]
        }
        guard let stored = Self.octal(field(148, 8)) else { return nil }
        var unsigned: UInt64 = 8 * 32
        var signed: Int64 = 8 * 32
        for (index, byte) in block.enumerated() where !(148..<156).contains(index) {
            unsigned += UInt64(byte)
            signed += Int64(Int8(bitPattern: byte))
        }
        guard stored == unsigned || Int64(stored) == signed else { return nil }

        let magic = field(257, 8)
        if magic.elementsEqual("ustar  \0".utf8) {
            dialect = .gnu
        } else if magic.prefix(5).elementsEqual("ustar".utf8) {
            dialect = .ustar
        } else {
            dialect = .v7
        }
        typeFlag = block[start + 156]
        byteCount = Self.number(field(124, 12))
        var name = Array(Self.text(field(0, 100)))
        if dialect == .ustar {
            let prefix = Self.text(field(345, 155))
            if !prefix.isEmpty {
                name = prefix + (prefix.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]) + name
            }
        }
        self.name = name
    }

    private static func text(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        field.prefix { $0 != 0 }
    }

    /// A size: octal digits, or big-endian binary after a set top bit (GNU, for 8 GB and more).
    private static func number(_ field: ArraySlice<UInt8>) -> UInt64? {
        guard let first = field.first, first & 0x80 != 0 else { return octal(field) }
        guard first & 0x40 == 0 else { return nil }  // negative
        var value = UInt64(first & 0x3F)
        for byte in field.dropFirst() {
            guard value >> 55 == 0 else { return nil }
            value = value << 8 | UInt64(byte)
        }
        return value
    }

    /// Octal digits between blanks, ended by a blank, a NUL or the field.
    private static func octal(_ field: ArraySlice<UInt8>) -> UInt64? {
        let digits = field.drop { $0 == UInt8(ascii: " ") }
        var value: UInt64 = 0
        for byte in digits {
            if byte == 0 || byte == UInt8(ascii: " ") { break }
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) else { return nil }
            guard value >> 60 == 0 else { return nil }
            value = value << 3 | UInt64(byte - UInt8(ascii: "0"))
        }
        return value
    }
}
