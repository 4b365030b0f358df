import RedCapsBase

/// Builds the files of an index from the shards, or from an older index where shards are unchanged.
struct IndexBuilder: Sendable {
    /// Headers are read one after the other within a shard, so a disk is kept busy by many shards;
    /// each is open meanwhile.
    static let readsInFlight = max(1, min(32, Int(clamping: System.openFileLimit / 4)))

    let folder: String
    let files: [ShardFile]
    let old: (table: ShardTable, members: BlockFile)?
    let comparison: ShardComparison
    let cancellation: Cancellation?
    /// Whether the index is to survive a crash.
    var isKept = true

    /// What one thread makes of one shard.
    private struct Product: Sendable {
        let contents: ShardContents
        let file: ShardFile
        let failure: StoreError?
        let warnings: [StoreError]
    }

    /// Writes a file of members.
    /// - Returns: The table that belongs to it.
    func build(
        members path: String, progress: ((IndexProgress) -> Void)?
    ) throws(StoreError) -> ShardTable {
        let writer = try BlockFileWriter(
            path, .members, recordSizes: MemberSection.recordSizes)
        var shards: [TarIndex.Shard] = []
        var hashes = DirectorySorter()
        var report = IndexProgress(shardCount: files.count)
        try OrderedWork.run(
            files.count, threads: Self.readsInFlight, lookAhead: 2 * Self.readsInFlight,
            produce: { [self] number in product(files[number]) },
            consume: { (number, product) throws(StoreError) in
                try cancellation?.check(folder)
                let shard = shard(product, after: shards.last)
                shards.append(shard)
                try writer.append(MemberSection.records, product.contents.records.bytes)
                try writer.append(MemberSection.paths, product.contents.paths)
                hashes.add(product.contents)
                report.add(shard)
                progress?(report)
            })
        guard hashes.count < 1 << 40 else {
            throw StoreError(
                .tooLarge, file: folder, reason: "\(hashes.count) members, more than 2^40")
        }
        let suspects = try hashes.write(to: writer, cancellation)
        let identity = try writer.finish(isKept: isKept)
        let replaced = try Duplicates(
            file: try BlockFile(path, .members, recordSizes: MemberSection.recordSizes),
            shards: shards, cancellation: cancellation
        ).find(among: suspects.groups)
        return ShardTable(
            members: identity, shards: shards, replaced: replaced,
            shadowedNames: UInt64(suspects.shadowedNames))
    }

    private func shard(_ product: Product, after previous: TarIndex.Shard?) -> TarIndex.Shard {
        let first = previous?.records.upperBound ?? 0
        return TarIndex.Shard(
            path: path(product.file.name), memberCount: product.contents.memberCount,
            failure: product.failure, warnings: product.warnings,
            unsafeMembers: product.contents.unsafeMembers,
            file: product.file,
            records: first..<(first + UInt64(product.contents.hashes.count)),
            pathBase: previous.map { $0.pathBase + $0.pathBytes } ?? 0,
            pathBytes: UInt64(product.contents.paths.count))
    }

    private func path(_ name: String) -> String { folder.isEmpty ? name : folder + "/" + name }

    private func product(_ file: ShardFile) -> Product {
        if let old, let shard = old.table.shard(for: file, comparison),
            let contents = try? ShardContents(shard, from: old.members)
        {
            return Product(
                contents: contents, file: file, failure: shard.failure, warnings: shard.warnings)
        }
        let listing = ShardListing(path: path(file.name), cancellation: cancellation)
        return Product(
            contents: ShardContents(listing.members),
            // The file that was listed, should it have changed since the folder was looked at.
            file: listing.stamp.map(file.with) ?? file,
            failure: listing.failure, warnings: listing.warnings)
    }
}

/// How far the building of an index is.
public struct IndexProgress: Sendable {
    /// Shards in the folder.
    public let shardCount: Int
    /// Shards that are done.
    public private(set) var finishedShards = 0
    /// Members in them.
    public private(set) var members = 0
    /// Their length in bytes.
    public private(set) var bytes: UInt64 = 0

    init(shardCount: Int) { self.shardCount = shardCount }

    mutating func add(_ shard: TarIndex.Shard) {
        finishedShards += 1
        members += shard.memberCount
        bytes += shard.byteCount
    }
}
