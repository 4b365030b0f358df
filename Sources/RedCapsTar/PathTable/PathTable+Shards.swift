package import RedCapsBase

/// How a list's entries are spread over shards.
package struct ShardRuns: Sendable {
    /// The lengths of the runs of consecutive entries that lie in one shard.
    package private(set) var lengths: [Int] = []
    /// How many different shards there are; all loose files are in one more.
    package var shardCount: Int { seen.count }
    private var seen: Set<UInt32> = []
    private var last: UInt32?

    /// In place of a shard's number, for files of the unpacked tree.
    package static let loose = UInt32.max

    package init() {}

    /// Takes in the next entry.
    /// - Parameter shard: The number of its shard; `nil` if it has no file, which costs no reading
    ///   and so goes with the entry before it.
    package mutating func append(_ shard: UInt32?) {
        guard let shard, shard != last else {
            if lengths.isEmpty { lengths.append(0) }
            lengths[lengths.count - 1] += 1
            return
        }
        if last == nil, !lengths.isEmpty {
            // Entries without a file at the very beginning go with the first one that has one.
            lengths[0] += 1
        } else {
            lengths.append(1)
        }
        last = shard
        seen.insert(shard)
    }
}

extension PathTable {
    /// Goes through a column's rows and finds the runs that lie in one shard; no path is looked at.
    /// - Parameter omitted: Rows to leave out, in their order.
    package func shardRuns(column: Int, omitting omitted: [Int]) throws(StoreError) -> ShardRuns {
        var rows = try RepairableCursor(file, Section.rows)
        var oddPaths = try RepairableCursor(file, Section.oddPaths)
        let shards = folders[column].index?.shards ?? []
        var current = 0
        func shard(of record: UInt64) throws(StoreError) -> UInt32 {
            if !shards.indices.contains(current) || !shards[current].records.contains(record) {
                guard let found = TarIndex.shardNumber(of: record, among: shards) else {
                    throw .damagedIndex(path, "record \(record) of no shard")
                }
                current = found
            }
            return UInt32(current)
        }
        var runs = ShardRuns()
        var skipped = omitted[...]
        for row in 0..<rows.count {
            if let next = skipped.first, next == row {
                skipped.removeFirst()
                continue
            }
            let packed = unsafe try rows.withRecord(row) { bytes in
                unsafe PackedReference(bytes, at: column * PackedReference.size)
            }
            guard packed.kind == .odd else {
                runs.append(try shard(of: packed.number))
                continue
            }
            let odd = unsafe try oddPaths.withRecord(packed.number) { unsafe SpelledPath($0) }
            switch odd.kind {
            case .member: runs.append(try shard(of: odd.record))
            case .loose: runs.append(ShardRuns.loose)
            case .missing, .absent: runs.append(nil)
            }
        }
        return runs
    }
}

extension FileStore {
    /// The shard that a file was found in: `ShardRuns.loose` for stores without shards.
    package func shard(of location: FileLocation) -> UInt32 {
        guard self is TarShardStore || self is DatasetFolder,
            case .range(let shard, _, _) = location.place
        else { return ShardRuns.loose }
        return shard
    }
}
