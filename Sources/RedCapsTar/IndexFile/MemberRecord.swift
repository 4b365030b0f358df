import RedCapsBase

/// A member as the index stores it: 18 bytes.
package struct MemberRecord {
    static let size = 18
    /// The longest path that an index takes in, in bytes.
    package static let longestPath = Int(UInt16.max)

    let kind: TarMember.Kind
    let offset: UInt64
    let size: UInt64
    /// Where its path begins, from the beginning of its shard's paths.
    let pathStart: UInt32
    let pathCount: UInt16

    init(
        kind: TarMember.Kind, offset: UInt64, size: UInt64, pathStart: UInt32, pathCount: UInt16
    ) {
        self.kind = kind
        self.offset = offset
        self.size = size
        self.pathStart = pathStart
        self.pathCount = pathCount
    }

    /// Whether offset and size are within what the record has room for: 256 TiB and 16 TiB.
    static func fits(offset: UInt64, size: UInt64) -> Bool {
        offset < 1 << 48 && size < 1 << 44
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe offset = bytes.number(at: 0, width: 6)
        let packed = unsafe bytes.number(at: 6, width: 6)
        size = packed & (1 << 44 - 1)
        kind = TarMember.Kind(rawValue: UInt8(packed >> 44)) ?? .special
        unsafe pathStart = UInt32(truncatingIfNeeded: bytes.number(at: 12, width: 4))
        unsafe pathCount = UInt16(truncatingIfNeeded: bytes.number(at: 16, width: 2))
    }

    func write(to bytes: inout PackedBytes) {
        bytes.append(offset, width: 6)
        bytes.append(size | UInt64(kind.rawValue) << 44, width: 6)
        bytes.append(UInt64(pathStart), width: 4)
        bytes.append(UInt64(pathCount), width: 2)
    }
}

/// Where a path is found in the directory of an index: 13 bytes, sorted by hash, then by record.
struct DirectoryRow {
    static let size = 13

    let hash: UInt64
    let record: UInt64

    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe hash = bytes.number(at: 0, width: 8)
        unsafe record = bytes.number(at: 8, width: 5)
    }

    /// The hash that a path is found by.
    static func hash(_ path: UnsafeRawBufferPointer) -> UInt64 { unsafe XXH64.hash(path) }
}

/// The sections of an index file of members.
enum MemberSection {
    static let records = 0
    static let directory = 1
    static let paths = 2
    static let recordSizes = [MemberRecord.size, DirectoryRow.size, 1]
}
