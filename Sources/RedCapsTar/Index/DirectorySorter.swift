/// Sorts the hashes of all members and writes the directory.
struct DirectorySorter {
    private var hashes: [[UInt64]] = []
    /// Whether a member could count as a duplicate of one in a later shard.
    private var isReplaceable: [Bool] = []
    /// The record after the last one of each shard.
    private var ends: [UInt64] = []
    private(set) var count = 0

    /// Takes in the next shard.
    mutating func add(_ contents: ShardContents) {
        hashes.append(contents.hashes)
        isReplaceable += contents.replaceable
        count += contents.hashes.count
        ends.append(UInt64(count))
    }

    /// Writes the directory.
    /// - Returns: Groups of records with the same hash, each in order, in which there may be
    ///   duplicates.
    mutating func write(to writer: BlockFileWriter) throws(StoreError) -> [[UInt64]] {
        let sorted = KeySort(count: count) { tell in
            for shard in hashes { shard.forEach(tell) }
        }
        var record: UInt64 = 0
        for shard in hashes.indices {
            for hash in hashes[shard] {
                sorted.add(hash, record)
                record += 1
            }
            hashes[shard] = []
        }
        try sorted.sort()
        var suspects: [[UInt64]] = []
        var bytes = PackedBytes()
        var runStart = 0
        for place in 0..<count {
            let row = sorted[place]
            bytes.append(row.key, width: 8)
            bytes.append(row.value, width: 5)
            if bytes.bytes.count > 1 << 18 {
                try writer.append(MemberSection.directory, bytes.bytes)
                bytes.removeAll()
            }
            guard place + 1 == count || sorted[place + 1].key != row.key else {
                continue
            }
            if place > runStart {
                let run = (runStart...place).map { sorted[$0].value }
                if zip(run, run.dropFirst()).contains(where: mayReplace) { suspects.append(run) }
            }
            runStart = place + 1
        }
        try writer.append(MemberSection.directory, bytes.bytes)
        return suspects
    }

    /// Whether a record may be a duplicate of the one after it: names without a folder are only
    /// duplicates within their shard.
    private func mayReplace(_ earlier: UInt64, _ later: UInt64) -> Bool {
        isReplaceable[Int(earlier)] || shard(of: earlier) == shard(of: later)
    }

    private func shard(of record: UInt64) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] <= record { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
