/// Pairs of symbols by rank, then by position: the lowest comes first.
struct MergeHeap {
    /// Rank and position in one number, four children to a parent.
    private var entries: [UInt64] = []

    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    mutating func push(_ rank: UInt32, _ position: Int) {
        let entry = UInt64(rank) << 32 | UInt64(position)
        entries.append(entry)
        unsafe entries.withUnsafeMutableBufferPointer { entries in
            var place = entries.count - 1
            while place > 0 {
                let parent = (place - 1) / 4
                let other = unsafe entries[parent]
                if other <= entry { break }
                unsafe entries[place] = other
                place = parent
            }
            unsafe entries[place] = entry
        }
    }

    mutating func pop() -> (rank: UInt32, position: Int)? {
        guard let last = entries.popLast() else { return nil }
        guard let first = entries.first else { return Self.parts(last) }
        unsafe entries.withUnsafeMutableBufferPointer { entries in
            var place = 0
            while true {
                let child = place * 4 + 1
                guard child < entries.count else { break }
                var least = child
                for other in child + 1..<max(min(child + 4, entries.count), child + 1)
                where unsafe entries[other] < entries[least] {
                    least = other
                }
                let entry = unsafe entries[least]
                if last <= entry { break }
                unsafe entries[place] = entry
                place = least
            }
            unsafe entries[place] = last
        }
        return Self.parts(first)
    }

    private static func parts(_ entry: UInt64) -> (UInt32, Int) {
        (UInt32(entry >> 32), Int(entry & 0xFFFF_FFFF))
    }
}
