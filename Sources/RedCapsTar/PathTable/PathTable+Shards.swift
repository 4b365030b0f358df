package import RedCapsBase

/// How a list's entries are spread over shards.
package struct ShardRuns: Sendable {
    /// The lengths of the runs of consecutive entries that lie in one shard.
    package private(set) var lengths: [Int] = []
    /// How many different shards there are; all loose files are in one more.
    package var shardCount: Int { seen.count }
    private var seen: Set<UInt32> = []
    private var last: UInt32?

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
        var spelledPaths = try RepairableCursor(file, Section.spelledPaths)
        var members = MemberShards(columns[column].index?.shards ?? [], path)
        var runs = ShardRuns()
        var skipped = omitted[...]
        let isLocated = columns[column].isLocated
        var locations = isLocated ? try RepairableCursor(file, Section.locations) : nil
        for row in 0..<rows.count {
            if let next = skipped.first, next == row {
                skipped.removeFirst()
                continue
            }
            let packed = unsafe try rows.withRecord(row) { bytes in
                unsafe PackedReference(bytes, at: column * PackedReference.size)
            }
            guard packed.kind == .odd else {
                if isLocated {
                    runs.append(
                        unsafe try locations?.withRecord(packed.number) {
                            unsafe LocatedFile($0).shardNumber
                        })
                } else {
                    runs.append(try members.shard(of: packed.number))
                }
                continue
            }
            let spelled = unsafe try spelledPaths.withRecord(packed.number) {
                unsafe SpelledPath($0)
            }
            switch spelled.kind {
            case .member: runs.append(try members.shard(of: spelled.record))
            case .loose: runs.append(FileLocation.noShard)
            case .missing, .absent: runs.append(nil)
            }
        }
        return runs
    }
}

/// Tells the shards of records that mostly come in their order.
private struct MemberShards {
    private let shards: [TarIndex.Shard]
    private let path: String
    private var current = 0

    init(_ shards: [TarIndex.Shard], _ path: String) { (self.shards, self.path) = (shards, path) }

    mutating func shard(of record: UInt64) throws(StoreError) -> UInt32 {
        if !shards.indices.contains(current) || !shards[current].records.contains(record) {
            guard let found = TarIndex.shardNumber(of: record, among: shards) else {
                throw .damagedIndex(path, "record \(record) of no shard")
            }
            current = found
        }
        return UInt32(current)
    }
}
