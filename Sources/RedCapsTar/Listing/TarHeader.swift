/// The 512 bytes before a member: the fields that an index needs, read where they lie.
///
/// It is only used while the block that it was made of stays where it is.
@safe package struct TarHeader {
    package static let size = 512

    /// How much room a member's bytes take: whole blocks.
    package static func padded(_ count: UInt64) -> UInt64 {
        let block = UInt64(size)
        return (count + block - 1) / block * block
    }

    private let block: UnsafeRawBufferPointer

    /// Takes a block as a header.
    /// - Returns: `nil` if the checksum doesn't fit.
    package init?(_ block: UnsafeRawBufferPointer) {
        guard let stored = unsafe Self.octal(block, 148, 8) else { return nil }
        // The checksum's own eight bytes count as blanks.
        var sum: UInt32 = 8 * 32
        for index in 0..<Self.size { sum &+= unsafe UInt32(block[index]) }
        for index in 148..<156 { sum &-= unsafe UInt32(block[index]) }
        guard unsafe stored == UInt64(sum) || Int64(stored) == Self.signedSum(block) else {
            return nil
        }
        unsafe self.block = block
    }

    /// The sum as old programs made it, from signed bytes.
    private static func signedSum(_ block: UnsafeRawBufferPointer) -> Int64 {
        var sum: Int64 = 8 * 32
        for index in 0..<size where !(148..<156).contains(index) {
            sum += unsafe Int64(Int8(bitPattern: block[index]))
        }
        return sum
    }

    var typeFlag: UInt8 { unsafe block[156] }

    /// Whether a list of the ranges of a file with holes goes on in the blocks after the header,
    /// which GNU tar and star tell at different places.
    var hasSparseMapAfterIt: Bool {
        guard typeFlag == UInt8(ascii: "S") else { return false }
        if isGNU { return unsafe block[482] != 0 }
        return unsafe block[508..<512].elementsEqual("tar\0".utf8) && block[355] != 0
    }

    /// Where such a block says whether another follows.
    static let sparseContinuation = 504

    private var isGNU: Bool { unsafe block[257..<265].elementsEqual("ustar  \0".utf8) }

    /// `nil` if the field isn't a number that this reader knows.
    var byteCount: UInt64? { unsafe Self.number(block, 124, 12) }

    /// Whether the name may go on in the field that ustar has for it.
    private var isUstar: Bool {
        unsafe block[257..<262].elementsEqual("ustar".utf8) && !isGNU
    }

    /// Adds the name to the end of `bytes`.
    func appendName(to bytes: inout [UInt8]) {
        if unsafe block[345] != 0, isUstar {
            appendText(345, 155, to: &bytes)
            if bytes.last != UInt8(ascii: "/") { bytes.append(UInt8(ascii: "/")) }
        }
        appendText(0, 100, to: &bytes)
    }

    private func appendText(_ offset: Int, _ count: Int, to bytes: inout [UInt8]) {
        var end = offset
        while end < offset + count, unsafe block[end] != 0 { end += 1 }
        unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: block[offset..<end]))
    }

    /// A size: octal digits, or big-endian binary after a set top bit (GNU, for 8 GB and more).
    private static func number(
        _ block: UnsafeRawBufferPointer, _ offset: Int, _ count: Int
    ) -> UInt64? {
        let first = unsafe block[offset]
        guard first & 0x80 != 0 else { return unsafe octal(block, offset, count) }
        guard first & 0x40 == 0 else { return nil }  // negative
        var value = UInt64(first & 0x3F)
        for index in (offset + 1)..<(offset + count) {
            guard value >> 55 == 0 else { return nil }
            value = unsafe value << 8 | UInt64(block[index])
        }
        return value
    }

    /// A number that may be negative, as GNU tar writes times before 1970.
    static func signedNumber(
        _ block: UnsafeRawBufferPointer, _ offset: Int, _ count: Int
    ) -> Int64? {
        guard unsafe block[offset] & 0x80 != 0 else {
            return unsafe octal(block, offset, count).flatMap(Int64.init(exactly:))
        }
        // Big-endian and in two's complement; the first bit only says so.
        var value: Int64 = unsafe block[offset] & 0x40 != 0 ? -1 : 0
        for index in (offset + count - 8)..<(offset + count) {
            value = unsafe value << 8 | Int64(block[index])
        }
        return value
    }

    /// Octal digits between blanks, ended by a blank, a NUL or the field.
    private static func octal(
        _ block: UnsafeRawBufferPointer, _ offset: Int, _ count: Int
    ) -> UInt64? {
        var index = offset
        while index < offset + count, unsafe block[index] == UInt8(ascii: " ") { index += 1 }
        var value: UInt64 = 0
        while index < offset + count {
            let byte = unsafe block[index]
            if byte == 0 || byte == UInt8(ascii: " ") { break }
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) else { return nil }
            guard value >> 60 == 0 else { return nil }
            value = value << 3 | UInt64(byte - UInt8(ascii: "0"))
            index += 1
        }
        return value
    }
}
