import RedCapsBase

/// A reference in a row: two bits that say which kind, and a number.
struct PackedReference {
    static let size = 5

    enum Kind: UInt64 {
        /// The record of a member that the list calls by its own path.
        case member = 0
        /// The record of a member that the list calls by its shard's name and its path in it.
        case memberOfNamedShard = 1
        /// The number of an odd path.
        case odd = 2
    }

    let kind: Kind
    let number: UInt64

    init(_ kind: Kind, _ number: UInt64) {
        self.kind = kind
        self.number = number
    }

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let packed = unsafe bytes.number(at: offset, width: Self.size)
        kind = Kind(rawValue: packed >> 38) ?? .odd
        number = packed & (1 << 38 - 1)
    }

    var packed: UInt64 { kind.rawValue << 38 | number }
}

/// A path that needs its own text: one that isn't in a tar, or that the list spells in its own way.
struct SpelledPath {
    static let size = 16

    enum Kind: UInt8 {
        case missing = 0
        case member = 1
        case loose = 2
        case absent = 3
    }

    let kind: Kind
    let record: UInt64
    let textStart: UInt64
    let textCount: UInt32

    init(_ kind: Kind, record: UInt64 = 0, textStart: UInt64, textCount: UInt32) {
        self.kind = kind
        self.record = record
        self.textStart = textStart
        self.textCount = textCount
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe kind = Kind(rawValue: bytes[0]) ?? .absent
        unsafe record = bytes.number(at: 1, width: 5)
        unsafe textStart = bytes.number(at: 6, width: 6)
        unsafe textCount = UInt32(truncatingIfNeeded: bytes.number(at: 12, width: 4))
    }

    func write(to bytes: inout PackedBytes) {
        bytes.append(UInt64(kind.rawValue), width: 1)
        bytes.append(record, width: 5)
        bytes.append(textStart, width: 6)
        bytes.append(UInt64(textCount), width: 4)
    }
}

/// The most bytes of a located file that a record can tell.
let maximumLocatedSize: UInt64 = 1 << 56 - 1

/// A file that a store has located, with the path that the list has for it.
struct LocatedFile {
    static let size = 30

    /// The shard, or `FileLocation.noShard`.
    let shardNumber: UInt32
    /// The range in the shard; of a key, its place and length among the texts.
    let offset: UInt64
    let size: UInt64
    let hasKey: Bool
    let textStart: UInt64
    let textCount: UInt32

    init(
        _ location: FileLocation, keyStart: UInt64, textStart: UInt64, textCount: UInt32
    ) {
        shardNumber = location.shardNumber
        hasKey = location.key != nil
        offset = hasKey ? keyStart : location.offset
        size = hasKey ? UInt64(location.key?.utf8.count ?? 0) : location.size
        (self.textStart, self.textCount) = (textStart, textCount)
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe shardNumber = UInt32(truncatingIfNeeded: bytes.number(at: 0, width: 4))
        unsafe hasKey = bytes[4] != 0
        unsafe offset = bytes.number(at: 5, width: 8)
        unsafe size = bytes.number(at: 13, width: 7)
        unsafe textStart = bytes.number(at: 20, width: 6)
        unsafe textCount = UInt32(truncatingIfNeeded: bytes.number(at: 26, width: 4))
    }

    func write(to bytes: inout PackedBytes) {
        bytes.append(UInt64(shardNumber), width: 4)
        bytes.append(hasKey ? 1 : 0, width: 1)
        bytes.append(offset, width: 8)
        bytes.append(size, width: 7)
        bytes.append(textStart, width: 6)
        bytes.append(UInt64(textCount), width: 4)
    }
}
