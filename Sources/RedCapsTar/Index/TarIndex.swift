public import RedCapsBase

/// The members of all shards in a folder, found by path without reading the tars again.
///
/// The index lies in files, beside the shards or in the user's cache directory, and is read in
/// place: opening it takes milliseconds for ten million members, and it holds no more than the list
/// of shards in memory. `Docs/IndexFormat.md` describes the files.
///
/// Both layouts in the wild resolve: shards that are unpacked in place (`00000.tar` holds
/// `00000/x.jpg`) and shards that are unpacked into a folder of their name (`data_000123.tar` holds
/// `x.jpg`, listed as `data_000123/x.jpg`).
public final class TarIndex: Sendable {
    /// A member that can be served.
    public struct Entry: Sendable {
        /// The path within its shard, in one spelling.
        public let path: MemberPath
        /// The number of its shard in `shards`.
        public let shard: Int
        /// Where its bytes begin.
        public let offset: UInt64
        /// How many bytes it has.
        public let size: UInt64
    }

    /// The shards, sorted by name.
    public let shards: [Shard]
    /// Members, directories apart, that a later one of the same path replaces. A name without a
    /// folder counts, too, though it is still found below the name of its shard.
    public var duplicateCount: Int { replaced.count + shadowedNames }
    /// Members of all kinds in all shards.
    public var memberCount: Int { shards.reduce(0) { $0 + $1.memberCount } }
    /// Whether this process has just built it, or parts of it.
    public let isBuilt: Bool
    /// The files that hold it.
    public let files: [String]
    /// What tells the members of this index from any others.
    package let identity: UInt64

    let members: RepairableFile
    /// The records that count as duplicates, in their order.
    private let replaced: [UInt64]
    private let shadowedNames: Int
    private let shardOfStem: [[UInt8]: Int]

    init(_ table: ShardTable, members: RepairableFile, files: [String], isBuilt: Bool) {
        shards = table.shards
        replaced = table.replaced
        shadowedNames = Int(table.shadowedNames)
        identity = table.members
        self.members = members
        self.files = files
        self.isBuilt = isBuilt
        var stems: [[UInt8]: Int] = [:]
        for (number, shard) in shards.enumerated() { stems[Array(shard.stem.utf8)] = number }
        shardOfStem = stems
    }

    // MARK: Looking up

    /// Finds the member for a path of the data set.
    /// - Throws: `missing`, or `notAFile` for links, directories, devices and sparse members.
    public func find(_ path: MemberPath) throws(StoreError) -> Entry {
        guard let number = try recordNumber(for: path) else { throw missing(path) }
        return try entry(number, path: path)
    }

    /// The record that a path of the data set leads to.
    package func recordNumber(for path: MemberPath) throws(StoreError) -> UInt64? {
        let inPlace = try lastRecord(of: path, in: 0..<members.count(MemberSection.records))
        if let inPlace, try record(inPlace).kind != .directory { return inPlace }
        return try recordInNamedShard(for: path) ?? inPlace
    }

    /// The record of `x.jpg` in the shard `data.tar`, for the path `data/x.jpg`.
    private func recordInNamedShard(for path: MemberPath) throws(StoreError) -> UInt64? {
        let (head, tail) = path.split
        guard let tail, let shard = shardOfStem[Array(head)] else { return nil }
        return try lastRecord(of: tail, in: shards[shard].records)
    }

    /// The shard that unpacks into a folder, by the folder's name.
    package func shard(named stem: some Sequence<UInt8>) -> Int? { shardOfStem[Array(stem)] }

    /// The last record of a path within some records.
    func lastRecord(of path: MemberPath, in range: Range<UInt64>) throws(StoreError) -> UInt64? {
        let hash = unsafe path.bytes.withUnsafeBytes { unsafe DirectoryRow.hash($0) }
        var row = try members.use { (file) throws(StoreError) in
            try Directory(file).firstRow(from: hash, range.upperBound)
        }
        // Backwards over the records of the same hash, which nearly always are those of the path.
        while row > 0 {
            row -= 1
            let candidate = try directoryRow(row)
            guard candidate.hash == hash, range.contains(candidate.record) else { return nil }
            if try self.path(of: candidate.record).bytes == path.bytes { return candidate.record }
        }
        return nil
    }

    private func directoryRow(_ row: UInt64) throws(StoreError) -> DirectoryRow {
        try members.use { (file) throws(StoreError) in
            unsafe try file.withRecord(MemberSection.directory, row) { unsafe DirectoryRow($0) }
        }
    }

    // MARK: Records

    /// A record by its number.
    func record(_ number: UInt64) throws(StoreError) -> MemberRecord {
        try members.use { (file) throws(StoreError) in
            unsafe try file.withRecord(MemberSection.records, number) { unsafe MemberRecord($0) }
        }
    }

    /// The path of a record within its shard.
    package func path(of number: UInt64) throws(StoreError) -> MemberPath {
        guard let shard = shardNumber(of: number) else {
            throw .damagedIndex(members.path, "record \(number) of no shard")
        }
        return try path(of: try record(number), in: shards[shard])
    }

    private func path(
        of record: MemberRecord, in shard: Shard
    ) throws(StoreError) -> MemberPath {
        let start = shard.pathBase + UInt64(record.pathStart)
        return MemberPath(
            normalized: try members.use { (file) throws(StoreError) in
                try file.bytes(MemberSection.paths, at: start, count: Int(record.pathCount))
            })
    }

    /// The shard that a record belongs to.
    package func shardNumber(of record: UInt64) -> Int? {
        Self.shardNumber(of: record, among: shards)
    }

    static func shardNumber(of record: UInt64, among shards: [Shard]) -> Int? {
        let found = shards.partitionPoint { $0.records.upperBound > record }
        return found < shards.count ? found : nil
    }

    /// The member of a record.
    /// - Throws: `notAFile` for links, directories, devices and sparse members.
    package func entry(
        _ number: UInt64, path: MemberPath? = nil
    ) throws(StoreError) -> Entry {
        guard let shard = shardNumber(of: number) else {
            throw .damagedIndex(members.path, "record \(number) of no shard")
        }
        let record = try record(number)
        let own = try self.path(of: record, in: shards[shard])
        guard record.kind == .file else {
            throw StoreError(
                .notAFile, file: shards[shard].path, member: (path ?? own).description,
                byteOffset: record.offset, reason: Self.refusal(of: record.kind))
        }
        return Entry(path: own, shard: shard, offset: record.offset, size: record.size)
    }

    /// The path of the member of a shard whose bytes begin at an offset.
    func path(shard: UInt32, offset: UInt64) -> MemberPath? {
        let shard = shards[Int(shard)]
        var (low, high) = (shard.records.lowerBound, shard.records.upperBound)
        while low < high {
            let middle = (low + high) / 2
            guard let record = try? record(middle) else { return nil }
            if record.offset < offset { low = middle + 1 } else { high = middle }
        }
        guard shard.records.contains(low), let record = try? record(low), record.offset == offset
        else { return nil }
        return try? path(of: record, in: shard)
    }

    /// Every member that can be served, under the path by which it is found, in the order of the
    /// shards and within them of the archive.
    /// - Throws: `StoreError` if the index can't be read, and what `body` throws.
    public func forEachServed(_ body: (Entry) throws -> Void) throws {
        try forEachRecord { record in
            guard !record.isReplaced, record.kind == .file else { return }
            var served = record.path
            if shadowedNames > 0, served.split.tail == nil,
                try recordNumber(for: served) != record.number
            {
                let stem = Array(shards[record.shard].stem.utf8)
                served = MemberPath(normalized: stem + [UInt8(ascii: "/")] + served.bytes)
            }
            try body(
                Entry(
                    path: served, shard: record.shard, offset: record.offset, size: record.size))
        }
    }

    /// A member of any kind, as the index has it.
    package struct Record {
        package let number: UInt64
        package let shard: Int
        package let kind: TarMember.Kind
        package let path: MemberPath
        package let offset: UInt64
        package let size: UInt64
        /// Whether nobody can find it because a later one has the same path.
        package let isReplaced: Bool
    }

    /// Every record, in order, directories and links and all.
    package func forEachRecord(_ body: (Record) throws -> Void) throws {
        var replaced = replaced[...]
        var records = try RepairableCursor(members, MemberSection.records)
        var paths = try RepairableCursor(members, MemberSection.paths)
        for (shardNumber, shard) in shards.enumerated() {
            for number in shard.records {
                let record = unsafe try records.withRecord(number) { unsafe MemberRecord($0) }
                let start = shard.pathBase + UInt64(record.pathStart)
                let path = try paths.bytes(start..<(start + UInt64(record.pathCount)))
                let isReplaced = replaced.first == number
                if isReplaced { replaced.removeFirst() }
                try body(
                    Record(
                        number: number, shard: shardNumber, kind: record.kind,
                        path: MemberPath(normalized: path), offset: record.offset,
                        size: record.size, isReplaced: isReplaced))
            }
        }
    }

    /// How many records there are.
    package var recordCount: Int { Int(clamping: members.count(MemberSection.records)) }

    private func missing(_ path: MemberPath) -> StoreError {
        var reason = "in none of \(shards.count) shards"
        let damaged = shards.filter { $0.failure != nil }
        if let first = damaged.first?.failure {
            reason += "; \(damaged.count) of them couldn't be read whole: \(first)"
        }
        return StoreError(.missing, file: "shards", member: path.description, reason: reason)
    }

    static func refusal(of kind: TarMember.Kind) -> String {
        switch kind {
        case .symbolicLink, .hardLink: "a link inside a tar, which is never followed"
        case .directory: "a directory"
        case .sparse:
            "a sparse member, whose bytes don't lie in one range; unpack the shard and pack the tree"
        default: "a device, pipe or socket"
        }
    }
}
