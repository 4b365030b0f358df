/// Members by path, for millions of them: names in one block of bytes, records of fixed size, and
/// a hash table of record numbers with open addressing.
struct MemberTable: Sendable {
    struct Record: Sendable {
        let shard: UInt32
        let kind: TarMember.Kind
        let offset: UInt64
        let size: UInt64
        fileprivate let nameStart: UInt64
        fileprivate let nameCount: UInt32
        /// The record of the same path that this one replaced, plus one; 0 for none.
        fileprivate let previous: UInt32
    }

    private var names: [UInt8] = []
    private(set) var records: [Record] = []
    /// Record numbers plus one; 0 is an empty slot. The count is a power of two.
    private var slots: [UInt32] = .init(repeating: 0, count: 1024)
    private(set) var pathCount = 0

    /// Adds a member. Of several with the same path, the last one counts, as when unpacking.
    mutating func add(_ path: MemberPath, _ member: TarMember, shard: UInt32) {
        if (pathCount + 1) * 2 > slots.count { grow() }
        let slot = slot(of: path)
        let previous = slots[slot]
        if previous == 0 { pathCount += 1 }
        let record = Record(
            shard: shard, kind: member.kind, offset: member.offset, size: member.size,
            nameStart: UInt64(names.count), nameCount: UInt32(path.bytes.count),
            previous: previous)
        if previous == 0 { names.append(contentsOf: path.bytes) }
        records.append(
            previous == 0 ? record : record.renamed(like: records[Int(previous) - 1]))
        slots[slot] = UInt32(records.count)
    }

    /// The member that counts for a path, or the last one of a given shard.
    func find(_ path: MemberPath, inShard shard: UInt32? = nil) -> Record? {
        var next = slots[slot(of: path)]
        while next != 0 {
            let record = records[Int(next) - 1]
            if shard == nil || record.shard == shard { return record }
            next = record.previous
        }
        return nil
    }

    /// The path of the member whose bytes begin there. Records come in the order of shards, and
    /// within one in the order of the archive.
    func path(shard: UInt32, offset: UInt64) -> MemberPath? {
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            let record = records[middle]
            if (record.shard, record.offset) < (shard, offset) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < records.count, records[low].shard == shard, records[low].offset == offset
        else { return nil }
        return path(of: records[low])
    }

    /// The path of a record of this table.
    func path(of record: Record) -> MemberPath {
        let start = Int(record.nameStart)
        return MemberPath(normalized: Array(names[start..<(start + Int(record.nameCount))]))
    }

    /// Every record that counts: the last of each path.
    func forEachCurrent(_ body: (Record) throws -> Void) rethrows {
        for slot in slots where slot != 0 { try body(records[Int(slot) - 1]) }
    }

    /// The slot that holds the path, or the empty one where it belongs.
    private func slot(of path: MemberPath) -> Int {
        let mask = slots.count - 1
        var slot = Self.hash(path.bytes[...]) & mask
        while slots[slot] != 0 {
            let record = records[Int(slots[slot]) - 1]
            let start = Int(record.nameStart)
            if Int(record.nameCount) == path.bytes.count,
                names[start..<(start + path.bytes.count)].elementsEqual(path.bytes)
            {
                return slot
            }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = .init(repeating: 0, count: old.count * 2)
        let mask = slots.count - 1
        for number in old where number != 0 {
            let record = records[Int(number) - 1]
            let start = Int(record.nameStart)
            var slot = Self.hash(names[start..<(start + Int(record.nameCount))]) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = number
        }
    }

    private static func hash(_ bytes: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}

extension MemberTable.Record {
    fileprivate func renamed(like other: Self) -> Self {
        Self(
            shard: shard, kind: kind, offset: offset, size: size, nameStart: other.nameStart,
            nameCount: nameCount, previous: previous)
    }
}
