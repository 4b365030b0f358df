import RedCapsBase

/// Sorts the hashes of all members and writes the directory.
struct DirectorySorter {
    private var hashes: [[UInt64]] = []
    private var traits: [ShardContents.Trait] = []
    /// The record after the last one of each shard.
    private var ends: [UInt64] = []
    private(set) var count = 0

    /// Takes in the next shard.
    mutating func add(_ contents: ShardContents) {
        hashes.append(contents.hashes)
        traits += contents.traits
        count += contents.hashes.count
        ends.append(UInt64(count))
    }

    /// Writes the directory.
    mutating func write(
        to writer: BlockFileWriter, _ cancellation: Cancellation?
    ) throws(StoreError) -> HashCollisions {
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
        try sorted.sort(cancellation)
        var suspects = HashCollisions()
        var bytes = PackedBytes()
        var runStart = 0
        for place in 0..<count {
            let row = sorted[place]
            bytes.append(row.key, width: 8)
            bytes.append(row.value, width: 5)
            if bytes.bytes.count > 1 << 18 {
                try cancellation?.check("the index")
                try writer.append(MemberSection.directory, bytes.bytes)
                bytes.removeAll()
            }
            guard place + 1 == count || sorted[place + 1].key != row.key else {
                continue
            }
            if place > runStart {
                suspects.add(
                    (runStart...place).map { place in
                        let record = sorted[place].value
                        return (record, shard(of: record), traits[Int(record)])
                    })
            }
            runStart = place + 1
        }
        try writer.append(MemberSection.directory, bytes.bytes)
        return suspects
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

/// Records that may be duplicates, because their paths have the same hash.
struct HashCollisions {
    /// Groups with the same hash, each in order, whose paths must be compared.
    private(set) var groups: [[UInt64]] = []
    /// Names without a folder that come again in a later shard.
    private(set) var shadowedNames = 0

    /// Takes in the records of one hash.
    fileprivate mutating func add(
        _ run: [(record: UInt64, shard: Int, trait: ShardContents.Trait)]
    ) {
        var isSuspect = false
        // Folders come again and again; what matters is a file that something replaces.
        for (earlier, later) in zip(run, run.dropFirst()) where earlier.trait != .directory {
            if earlier.trait == .inFolder || earlier.shard == later.shard {
                isSuspect = true
            } else {
                shadowedNames += 1
            }
        }
        if isSuspect { groups.append(run.map(\.record)) }
    }
}
