import RedCapsBase

/// What one shard brings into an index, made by one thread from its listing.
struct ShardContents: Sendable {
    private(set) var records = PackedBytes()
    private(set) var paths: [UInt8] = []
    /// The hash of each record's path.
    private(set) var hashes: [UInt64] = []
    /// What each record is as far as duplicates are concerned.
    private(set) var traits: [Trait] = []
    private(set) var unsafeMembers = 0
    private(set) var memberCount = 0

    /// What matters of a member when another has the same path.
    enum Trait: UInt8, Sendable {
        /// Several shards may have the same one, which means nothing.
        case directory
        /// A path with a folder: the last one counts.
        case inFolder
        /// A name without a folder: the last one counts under that name, but those of other shards
        /// are still found below their shard's name.
        case bare
    }

    /// Takes in a listing.
    init(_ members: TarMembers) {
        memberCount = members.count
        hashes.reserveCapacity(members.count)
        paths.reserveCapacity(members.names.count)
        unsafe members.names.withUnsafeBytes { names in
            for (index, row) in members.rows.enumerated() {
                let name = unsafe UnsafeRawBufferPointer(rebasing: names[members.nameRange(index)])
                unsafe add(row, name: name)
            }
        }
    }

    private mutating func add(_ row: TarMembers.Row, name: UnsafeRawBufferPointer) {
        let start = paths.count
        guard unsafe MemberPath.append(name, to: &paths), paths.count > start,
            paths.count - start <= MemberRecord.longestPath, paths.count <= Int(UInt32.max),
            MemberRecord.fits(offset: row.offset, size: row.size)
        else {
            paths.removeSubrange(start...)
            // The archive's root, `./`, is no member that anyone would ask for.
            if row.kind != .directory { unsafeMembers += 1 }
            return
        }
        add(
            MemberRecord(
                kind: row.kind, offset: row.offset, size: row.size, pathStart: UInt32(start),
                pathCount: UInt16(paths.count - start)))
    }

    /// Adds a record for the path that was just added.
    private mutating func add(_ record: MemberRecord) {
        record.write(to: &records)
        let start = Int(record.pathStart)
        let (hash, hasFolder) = unsafe paths.withUnsafeBytes { paths in
            let path = unsafe UnsafeRawBufferPointer(rebasing: paths[start...])
            return unsafe (DirectoryRow.hash(path), path.contains(UInt8(ascii: "/")))
        }
        hashes.append(hash)
        traits.append(record.kind == .directory ? .directory : hasFolder ? .inFolder : .bare)
    }

    /// Whether all members are the same: names, kinds, places and lengths.
    func isSame(as other: ShardContents) -> Bool {
        memberCount == other.memberCount && unsafeMembers == other.unsafeMembers
            && records.bytes == other.records.bytes && paths == other.paths
    }

    /// Takes a shard over from an index that was built before.
    init(_ shard: TarIndex.Shard, from old: BlockFile) throws(StoreError) {
        memberCount = shard.memberCount
        unsafeMembers = shard.unsafeMembers
        var oldRecords = old.cursor(MemberSection.records)
        var oldPaths = old.cursor(MemberSection.paths)
        let end = shard.pathBase + shard.pathBytes
        for number in shard.records {
            let record = unsafe try oldRecords.withRecord(number) { unsafe MemberRecord($0) }
            let start = shard.pathBase + UInt64(record.pathStart)
            guard Int(record.pathStart) == paths.count, start + UInt64(record.pathCount) <= end
            else { throw .damagedIndex(old.path, "paths out of order") }
            try oldPaths.append(start..<(start + UInt64(record.pathCount)), to: &paths)
            add(record)
        }
    }
}
