/// Little-endian numbers of any width up to eight bytes, packed without gaps.
package struct PackedBytes: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func append(_ value: UInt64, width: Int) {
        for byte in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }

    /// A text of any length, after its length.
    package mutating func append(_ text: [UInt8]) {
        append(UInt64(text.count), width: 4)
        bytes.append(contentsOf: text)
    }

    package mutating func append(_ text: String) { append(Array(text.utf8)) }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

/// Reads what `PackedBytes` wrote; gives `nil` where the bytes end too early.
package struct PackedReader {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var isAtEnd: Bool { position == bytes.count }

    package mutating func number(_ width: Int) -> UInt64? {
        guard bytes.count - position >= width else { return nil }
        defer { position += width }
        return bytes[position..<(position + width)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    package mutating func text() -> [UInt8]? {
        guard let count = number(4), count <= bytes.count - position else { return nil }
        defer { position += Int(count) }
        return Array(bytes[position..<(position + Int(count))])
    }

    package mutating func string() -> String? { text().map { String(decoding: $0, as: UTF8.self) } }
}

extension UnsafeRawBufferPointer {
    /// A little-endian number of up to eight bytes. The caller has made sure that they are there.
    @inline(__always)
    package func number(at offset: Int, width: Int) -> UInt64 {
        if width == 8 {
            return unsafe UInt64(
                littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        var value: UInt64 = 0
        var done = 0
        if width >= 4 {
            value = unsafe UInt64(
                UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            done = 4
        }
        while done < width {
            value |= unsafe UInt64(self[offset + done]) << UInt64(8 * done)
            done += 1
        }
        return value
    }
}
