import RedCapsBase

/// A stretch of valid UTF-8 that is read scalar by scalar.
///
/// Whoever makes one keeps the bytes alive and makes sure that they are whole scalars: then no
/// position that these functions return is inside of a scalar or beyond the end.
@safe struct ScalarText {
    /// So many bytes after a text that is encoded may be read.
    static let padding = 16

    let base: UnsafePointer<UInt8>
    let count: Int
    let table: ScalarTable

    @inline(__always)
    init(_ base: UnsafePointer<UInt8>, _ count: Int, _ table: ScalarTable) {
        unsafe self.base = base
        self.count = count
        self.table = table
    }

    /// The bytes of a range as a text of their own.
    @inline(__always)
    func part(_ start: Int, _ end: Int) -> ScalarText {
        unsafe ScalarText(base + start, end &- start, table)
    }

    @inline(__always)
    subscript(position: Int) -> UInt8 { unsafe base[position] }

    /// Whether a byte is there.
    @inline(__always)
    func has(_ byte: UInt8, at position: Int) -> Bool {
        position < count && self[position] == byte
    }

    /// The scalar at a position before the end, and where the next one is.
    @inline(__always)
    func scalar(at position: Int) -> (value: UInt32, next: Int) {
        let first = UInt32(self[position])
        if first < 0x80 { return (first, position &+ 1) }
        let second = UInt32(self[position &+ 1]) & 0x3F
        if first < 0xE0 { return ((first & 0x1F) &<< 6 | second, position &+ 2) }
        let third = UInt32(self[position &+ 2]) & 0x3F
        if first < 0xF0 {
            return ((first & 0x0F) &<< 12 | second &<< 6 | third, position &+ 3)
        }
        let fourth = UInt32(self[position &+ 3]) & 0x3F
        // Five bits would be needed for what isn't valid: the mask keeps the table's bounds.
        let value = (first & 0x07) &<< 18 | second &<< 12 | third &<< 6 | fourth
        return (min(value, 0x10FFFF), position &+ 4)
    }

    /// The properties of the scalar at a position before the end, and where the next one is.
    @inline(__always)
    func properties(at position: Int) -> (properties: ScalarProperties, next: Int) {
        let byte = self[position]
        if byte < 0x80 { return (table[ascii: byte], position &+ 1) }
        let (value, next) = scalar(at: position)
        return (table[value], next)
    }

    /// Whether there is a scalar of some categories at a position.
    @inline(__always)
    func has(_ set: CategorySet, at position: Int) -> Bool {
        position < count && set.contains(properties(at: position).properties)
    }

    /// Where the run of scalars of some categories ends that begins at a position.
    @inline(__always)
    func skip(_ set: CategorySet, from position: Int) -> Int {
        var position = position
        while position < count {
            let (properties, next) = properties(at: position)
            guard set.contains(properties) else { break }
            position = next
        }
        return position
    }

    /// Where a run of letters ends.
    @inline(__always)
    func skipLetters(from start: Int) -> Int {
        var position = start
        // Eight bytes at a time: the high bit of those that are ASCII letters.
        while position &+ 8 <= count {
            let raw = unsafe UnsafeRawPointer(base + position)
            let bytes = UInt64(littleEndian: unsafe raw.loadUnaligned(as: UInt64.self))
            let folded = bytes | 0x2020_2020_2020_2020
            // No byte below 0x80 carries into the next: 0x7F + 0x1F and 0x7F + 0x05 stay below 0x100.
            let low = folded & 0x7F7F_7F7F_7F7F_7F7F
            let fromA = low &+ 0x1F1F_1F1F_1F1F_1F1F
            let beyondZ = low &+ 0x0505_0505_0505_0505
            let others = ~(fromA & ~beyondZ & ~bytes) & 0x8080_8080_8080_8080
            if others == 0 {
                position &+= 8
                continue
            }
            position &+= others.trailingZeroBitCount &>> 3
            if self[position] < 0x80 { return position }
            return skip(.letters, from: position)
        }
        return skip(.letters, from: position)
    }

    /// The start of the scalar that ends at a position.
    @inline(__always)
    func start(before position: Int) -> Int {
        var position = position &- 1
        while position > 0 && self[position] & 0xC0 == 0x80 { position &-= 1 }
        return position
    }
}

extension ScalarText {
    /// Where a byte is at or after a position.
    func find(_ byte: UInt8, from position: Int) -> Int? {
        guard position < count,
            let found = unsafe memchr(base + position, CInt(byte), count - position)
        else { return nil }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
}
