import RedCapsBase

/// The small file of an index: which shards it speaks of, and which file of members it belongs to.
struct ShardTable: Sendable {
    /// The identity of the file of members.
    let members: UInt64
    let shards: [TarIndex.Shard]
    /// The records that nobody can find, because a later one has the same path; in their order.
    let replaced: [UInt64]
    /// How many names without a folder come again in a later shard; they are found below the name
    /// of their shard.
    let shadowedNames: UInt64
    /// Whether the table says what isn't as it should be in shards. Earlier builds didn't look behind
    /// end markers: what they have listed is listed again.
    var hasWarnings = true

    /// Writes the table.
    func write(to path: String) throws(StoreError) {
        var bytes = PackedBytes()
        bytes.append(members, width: 8)
        bytes.append(UInt64(shards.count), width: 8)
        for shard in shards { shard.write(to: &bytes) }
        bytes.append(UInt64(replaced.count), width: 8)
        bytes.append(shadowedNames, width: 8)
        for record in replaced { bytes.append(record, width: 5) }
        let warned = shards.indices.filter { !shards[$0].warnings.isEmpty }
        bytes.append(UInt64(warned.count), width: 8)
        for number in warned {
            bytes.append(UInt64(number), width: 8)
            bytes.append(shards[number].warnings)
        }
        let file = try BlockFileWriter(path, .shards, recordSizes: [1])
        try file.append(0, bytes.bytes)
        _ = try file.finish()
    }

    /// Whether the shards may be those that are there now: by names and lengths.
    func fits(_ files: [ShardFile]) -> Bool {
        files.count == shards.count
            && zip(shards, files).allSatisfy { Self.canBeSame($0, $1) }
    }

    /// Whether a shard must be listed again before it is believed to be the same: its time is
    /// another one.
    func isDoubtful(_ number: Int, _ file: ShardFile) -> Bool {
        shards[number].file.modified != file.modified
            || !hasWarnings && shards[number].failure?.code != .compressed
    }

    /// Whether name and size are the same, and the system had nothing against reading it.
    private static func canBeSame(_ shard: TarIndex.Shard, _ file: ShardFile) -> Bool {
        shard.file.name.isExactly(file.name) && shard.file.byteCount == file.byteCount
            && shard.failure?.code != .system
    }

    /// The shard of this table for a file that is there now, if it is still the same.
    func shard(for file: ShardFile, _ comparison: ShardComparison) -> TarIndex.Shard? {
        guard let number = shards.firstIndex(where: { Self.canBeSame($0, file) }) else {
            return nil
        }
        return isDoubtful(number, file)
            ? comparison.shard(for: file, members) : shards[number]
    }

    /// The same table under other times.
    func with(_ shards: [TarIndex.Shard]) -> ShardTable {
        ShardTable(
            members: members, shards: shards, replaced: replaced, shadowedNames: shadowedNames)
    }
}

extension ShardTable {
    /// Reads a table.
    /// - Parameter folder: Where the shards are now.
    /// - Throws: `StoreError` if it isn't there, or isn't sound.
    init(path: String, folder: String) throws(StoreError) {
        let file = try BlockFile(path, .shards, recordSizes: [1])
        var bytes = PackedReader(
            try file.bytes(0, at: 0, count: Int(clamping: file.count(0))))
        guard let members = bytes.number(8), let count = bytes.number(8) else {
            throw .damagedIndex(path, "no list of shards")
        }
        var shards: [TarIndex.Shard] = []
        for _ in 0..<count {
            guard let shard = TarIndex.Shard(&bytes, folder: folder, after: shards.last) else {
                throw .damagedIndex(path, "a shard that doesn't fit")
            }
            shards.append(shard)
        }
        guard let duplicates = bytes.number(8) else {
            throw .damagedIndex(path, "no list of duplicates")
        }
        guard let shadowedNames = bytes.number(8), shadowedNames < 1 << 48 else {
            throw .damagedIndex(path, "no count of names")
        }
        var replaced: [UInt64] = []
        for _ in 0..<duplicates {
            guard let record = bytes.number(5) else {
                throw .damagedIndex(path, "no list of duplicates")
            }
            replaced.append(record)
        }
        guard let warned = bytes.number(8) else {
            self.init(
                members: members, shards: shards, replaced: replaced,
                shadowedNames: shadowedNames, hasWarnings: false)
            return
        }
        for _ in 0..<warned {
            guard let number = bytes.number(8).flatMap({ Int(exactly: $0) }),
                shards.indices.contains(number),
                let warnings = bytes.errors(of: shards[number].path)
            else { throw .damagedIndex(path, "warnings that don't fit") }
            shards[number] = shards[number].touched(shards[number].file, warnings)
        }
        self.init(
            members: members, shards: shards, replaced: replaced, shadowedNames: shadowedNames)
    }
}
