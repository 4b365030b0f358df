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

    /// Writes the table.
    func write(to path: String) throws(StoreError) {
        var bytes = PackedBytes()
        bytes.append(members, width: 8)
        bytes.append(UInt64(shards.count), width: 8)
        for shard in shards { shard.write(to: &bytes) }
        bytes.append(UInt64(replaced.count), width: 8)
        bytes.append(shadowedNames, width: 8)
        for record in replaced { bytes.append(record, width: 5) }
        let file = try BlockFileWriter(path, .shards, recordSizes: [1])
        try file.append(0, bytes.bytes)
        _ = try file.finish()
    }

    /// Whether the shards are those that are there now: same sizes and times are trusted; where the
    /// time alone differs, the fingerprint decides.
    /// - Returns: The table under the times that the files have now, or `nil`.
    func matching(_ files: [ShardFile]) -> ShardTable? {
        guard files.count == shards.count else { return nil }
        var doubtful: [Int] = []
        for (number, (shard, file)) in zip(shards, files).enumerated() {
            guard Self.canBeSame(shard, file) else { return nil }
            if shard.file.modified != file.modified { doubtful.append(number) }
        }
        guard !doubtful.isEmpty else { return self }
        let same = Self.sameContent(doubtful.map { shards[$0] })
        guard same.allSatisfy({ $0 }) else { return nil }
        let touched = zip(shards, files).map { $0.touched($1) }
        return ShardTable(
            members: members, shards: touched, replaced: replaced, shadowedNames: shadowedNames)
    }

    /// Whether name and size are the same, and the system had nothing against reading it.
    private static func canBeSame(_ shard: TarIndex.Shard, _ file: ShardFile) -> Bool {
        shard.file.name == file.name && shard.file.byteCount == file.byteCount
            && shard.failure?.code != .system
    }

    /// The shard of this table for a file that is there now, if its content is still the same.
    func shard(for file: ShardFile) -> TarIndex.Shard? {
        guard let shard = shards.first(where: { Self.canBeSame($0, file) }) else { return nil }
        if shard.file.modified == file.modified { return shard }
        return Self.sameContent([shard])[0] ? shard.touched(file) : nil
    }

    /// Whether the files have the fingerprints that they had.
    private static func sameContent(_ shards: [TarIndex.Shard]) -> [Bool] {
        let same = ConditionLock([Bool](repeating: false, count: shards.count))
        WorkerThread.forEach(shards.count, threads: IndexBuilder.readsInFlight) { number in
            let shard = shards[number]
            guard let file = try? OpenFile(shard.path),
                let fingerprint = try? file.fingerprint(byteCount: shard.byteCount)
            else { return }
            same.update { $0[number] = fingerprint == shard.fingerprint }
        }
        return same.update { $0 }
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
        self.init(
            members: members, shards: shards, replaced: replaced, shadowedNames: shadowedNames)
    }
}
