import RedCapsBase

/// Tells whether shards are still what an index says of them, by listing those anew whose time has
/// changed. Each state of a shard is looked at once, however often it is asked for.
final class ShardComparison: Sendable {
    private struct Key: Hashable {
        let members: UInt64
        let file: ShardFile
    }

    private struct Verdict: Sendable {
        let key: Key
        /// The shard under its new time; `nil` if its members are others.
        let shard: TarIndex.Shard?
    }

    private let known = ConditionLock<[Key: TarIndex.Shard?]>([:])
    private let cancellation: Cancellation?

    init(_ cancellation: Cancellation?) { self.cancellation = cancellation }

    /// Brings the times of a table's shards up to date.
    /// - Parameters:
    ///   - table: What fits the files by names and lengths.
    ///   - files: The shards that are there now, in the order of the table.
    ///   - members: The members that belong to the table.
    /// - Returns: `nil` if a shard has other members than it had.
    func current(
        _ table: ShardTable, _ files: [ShardFile], _ members: BlockFile,
        _ progress: ((IndexProgress) -> Void)?
    ) throws(StoreError) -> ShardTable? {
        let doubtful = files.indices.filter { table.isDoubtful($0, files[$0]) }
        let open = doubtful.filter { number in
            let key = Key(members: table.members, file: files[number])
            return known.update { $0[key] == nil }
        }
        var report = IndexProgress(shardCount: open.count)
        let cancellation = cancellation
        try OrderedWork.run(
            open.count, threads: IndexBuilder.readsInFlight,
            lookAhead: 2 * IndexBuilder.readsInFlight,
            produce: { place in
                let (shard, file) = (table.shards[open[place]], files[open[place]])
                return Verdict(
                    key: Key(members: table.members, file: file),
                    shard: shard.listedAgain(as: file, members, cancellation))
            },
            consume: { (place, verdict) throws(StoreError) in
                try cancellation?.check(table.shards[open[place]].path)
                known.update { $0[verdict.key] = .some(verdict.shard) }
                report.add(table.shards[open[place]])
                progress?(report)
            })
        var shards = table.shards
        for number in doubtful {
            guard let shard = shard(for: files[number], table.members) else { return nil }
            shards[number] = shard
        }
        return table.with(shards)
    }

    /// A shard that was found to have the members that it had, under its new time.
    func shard(for file: ShardFile, _ members: UInt64) -> TarIndex.Shard? {
        known.update { $0[Key(members: members, file: file)] ?? nil }
    }
}

extension TarIndex.Shard {
    /// The same shard under the time that its file has now.
    /// - Returns: `nil` if its headers tell other members, names, places or lengths than before, or
    ///   if it was changed meanwhile.
    fileprivate func listedAgain(
        as file: ShardFile, _ members: BlockFile, _ cancellation: Cancellation?
    ) -> TarIndex.Shard? {
        let listing = ShardListing(path: path, cancellation: cancellation)
        guard listing.stamp == file.stamp, isSame(as: listing, members) else { return nil }
        return touched(file, listing.warnings)
    }

    /// Whether a listing tells what the index tells of this shard.
    func isSame(as listing: ShardListing, _ members: BlockFile) -> Bool {
        guard listing.failure == failure, let old = try? ShardContents(self, from: members) else {
            return false
        }
        return ShardContents(listing.members).isSame(as: old)
    }
}
