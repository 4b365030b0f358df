package import RedCapsBase

/// A table of paths, found beforehand and kept in a file that is read in place: row i tells where
/// the files of entry i lie. `Docs/IndexFormat.md` describes the file.
package final class PathTable: Sendable {
    /// What the table was made of. If anything of it is another now, the table is made anew.
    package struct Origin: Sendable, Hashable {
        /// The lists that were read, by name, size, time and fingerprint.
        package var lists: [ListFile]
        /// What each column's folder held.
        package var folders: [UInt64]
    }

    /// A path, where it leads, and what else there is to say of it.
    package enum Reference: Sendable {
        /// A member of a tar, under its own path or below the name of its shard.
        case member(record: UInt64, path: String)
        /// A file of the unpacked tree.
        case loose(path: String)
        /// A path that leads nowhere.
        case missing(path: String)
        /// No path at all; the list's entry lacks it.
        case absent
    }

    enum Section {
        static let rows = 0
        static let oddPaths = 1
        static let text = 2
        static let missingRows = 3
        static let facts = 4

        static func recordSizes(columns: Int) -> [Int] {
            [columns * PackedReference.size, SpelledPath.size, 1, PackedReference.size, 1]
        }
    }

    /// How many rows there are.
    package var count: Int { Int(facts.rowCount) }
    /// How many rows lack a file in one of their columns.
    package var missingCount: Int { Int(facts.missingCount) }
    /// Missing rows by the first folder of the path that leads nowhere, which is most often the name
    /// of the shard that isn't there; at most 10,000 names, the rest under `…`.
    package var missingByShard: [(name: String, count: Int)] { facts.missingByShard }
    /// A hash of the lists' bytes.
    package var listHash: UInt64 { facts.listHash }
    /// The file.
    package var path: String { file.path }

    let facts: TableFacts
    let file: RepairableFile
    /// What each column's paths are relative to.
    package let folders: [DatasetFolder]

    init(_ file: RepairableFile, facts: TableFacts, folders: [DatasetFolder]) {
        self.file = file
        self.facts = facts
        self.folders = folders
    }

    /// What a row says in one of its columns.
    package func reference(row: Int, column: Int) throws(StoreError) -> Reference {
        let packed = try packed(row: row, column: column)
        switch packed.kind {
        case .member, .memberOfNamedShard:
            return .member(
                record: packed.number,
                path: try path(
                    packed.number, column, isBelowShard: packed.kind == .memberOfNamedShard))
        case .odd:
            let odd = try odd(packed.number)
            let path = String(
                decoding: try file.use { (file) throws(StoreError) in
                    try file.bytes(Section.text, at: odd.textStart, count: Int(odd.textCount))
                }, as: UTF8.self)
            switch odd.kind {
            case .member: return .member(record: odd.record, path: path)
            case .loose: return .loose(path: path)
            case .missing: return .missing(path: path)
            case .absent: return .absent
            }
        }
    }

    /// Where a reference's file lies.
    /// - Throws: `missing`, or `notAFile` for links, directories, devices and sparse members.
    package func location(
        of reference: Reference, column: Int
    ) throws(StoreError) -> FileLocation {
        let folder = folders[column]
        switch reference {
        case .member(let record, _): return try folder.location(ofRecord: record)
        case .loose(let path):
            return folder.looseLocation(try MemberPath(checking: path, in: "the list"))
        // Looked for again, for the words of the error.
        case .missing(let path): return try folder.locate(path)
        case .absent: throw StoreError(.missing, file: "the list", reason: "no path")
        }
    }

    /// Calls `body` with every record of a column that a row leads to.
    package func forEachRecord(
        column: Int, _ body: (_ row: Int, _ record: UInt64) throws -> Void
    ) throws {
        var rows = try RepairableCursor(file, Section.rows)
        for row in 0..<rows.count {
            let packed = unsafe try rows.withRecord(row) { bytes in
                unsafe PackedReference(bytes, at: column * PackedReference.size)
            }
            if packed.kind != .odd {
                try body(Int(row), packed.number)
            } else {
                let odd = try odd(packed.number)
                if odd.kind == .member { try body(Int(row), odd.record) }
            }
        }
    }

    /// The rows that lack a file, in their order.
    package func missingRows() throws(StoreError) -> [Int] {
        var cursor = try RepairableCursor(file, Section.missingRows)
        var rows: [Int] = []
        rows.reserveCapacity(missingCount)
        for number in 0..<cursor.count {
            rows.append(
                Int(
                    unsafe try cursor.withRecord(number) {
                        unsafe $0.number(at: 0, width: PackedReference.size)
                    }))
        }
        return rows
    }

    /// Reads every block and compares it with its checksum.
    package func check() throws(StoreError) {
        try BlockFile(
            path, .entries, recordSizes: Section.recordSizes(columns: folders.count)
        ).checkAllBlocks()
    }

    private func packed(row: Int, column: Int) throws(StoreError) -> PackedReference {
        try file.use { (file) throws(StoreError) in
            unsafe try file.withRecord(Section.rows, UInt64(row)) { bytes in
                unsafe PackedReference(bytes, at: column * PackedReference.size)
            }
        }
    }

    private func odd(_ number: UInt64) throws(StoreError) -> SpelledPath {
        try file.use { (file) throws(StoreError) in
            unsafe try file.withRecord(Section.oddPaths, number) { unsafe SpelledPath($0) }
        }
    }

    private func path(
        _ record: UInt64, _ column: Int, isBelowShard: Bool
    ) throws(StoreError) -> String {
        guard let index = folders[column].index, let shard = index.shardNumber(of: record) else {
            throw .damagedIndex(path, "record \(record) of no shard")
        }
        let path = try index.path(of: record).description
        return isBelowShard ? index.shards[shard].stem + "/" + path : path
    }
}

/// A list that a table was made of.
package struct ListFile: Sendable, Hashable {
    package let name: String
    let stamp: FileStamp
    let fingerprint: UInt64

    /// Looks a list up.
    /// - Parameter known: What it was when the table was made: if size and time are still the same,
    ///   the fingerprint isn't taken again.
    package init(_ path: String, name: String, known: ListFile? = nil) throws(StoreError) {
        let open = try OpenFile(path)
        self.name = name
        stamp = try open.stamp()
        if let known, known.stamp == stamp {
            fingerprint = known.fingerprint
        } else {
            fingerprint = try open.fingerprint(byteCount: stamp.byteCount)
        }
    }

    init(name: String, stamp: FileStamp, fingerprint: UInt64) {
        self.name = name
        self.stamp = stamp
        self.fingerprint = fingerprint
    }

    /// Whether it is the same list, perhaps a copy of it.
    func isSame(as other: ListFile) -> Bool {
        name == other.name && stamp.byteCount == other.stamp.byteCount
            && fingerprint == other.fingerprint
    }
}

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
