/// The ids of longer words that were merged before.
struct LongWordCache {
    static let longestWord = 192
    private static let mostBytes = 1 << 20

    private struct Entry {
        var hash: UInt64 = 0
        var word: (start: UInt32, count: UInt32) = (0, 0)
        var ids: (start: UInt32, count: UInt32) = (0, 0)
    }

    private var entries = [Entry](repeating: Entry(), count: 1 << 10)
    private var count = 0
    private var bytes: [UInt8] = []
    private var ids: [UInt32] = []

    static func hash(_ word: ScalarText) -> UInt64 {
        var hash = UInt64(word.count) &* 0x9E37_79B9_7F4A_7C15
        for position in 0..<word.count {
            hash = (hash ^ UInt64(word[position])) &* 0x0000_0100_0000_01B3
        }
        // 0 marks a free entry.
        return (hash ^ hash &>> 32) | 1
    }

    /// The ids of a word.
    func find(_ word: ScalarText, _ hash: UInt64) -> ArraySlice<UInt32>? {
        var index = Int(truncatingIfNeeded: hash >> 1) & (entries.count - 1)
        while entries[index].hash != 0 {
            let entry = entries[index]
            if entry.hash == hash, Int(entry.word.count) == word.count, equals(word, entry) {
                return ids[Int(entry.ids.start)..<Int(entry.ids.start + entry.ids.count)]
            }
            index = (index + 1) & (entries.count - 1)
        }
        return nil
    }

    private func equals(_ word: ScalarText, _ entry: Entry) -> Bool {
        let start = Int(entry.word.start)
        for position in 0..<word.count where bytes[start + position] != word[position] {
            return false
        }
        return true
    }

    /// Keeps the ids of a word that isn't there yet.
    mutating func add(_ word: ScalarText, _ hash: UInt64, count idCount: Int, _ id: (Int) -> UInt32)
    {
        if bytes.count > Self.mostBytes {
            self = LongWordCache()
        } else if count * 2 > entries.count {
            let old = entries
            entries = Array(repeating: Entry(), count: old.count * 2)
            for entry in old where entry.hash != 0 { insert(entry) }
        }
        let entry = Entry(
            hash: hash, word: (UInt32(bytes.count), UInt32(word.count)),
            ids: (UInt32(ids.count), UInt32(idCount)))
        word.append(0, word.count, to: &bytes)
        for position in 0..<idCount { ids.append(id(position)) }
        insert(entry)
        count += 1
    }

    private mutating func insert(_ entry: Entry) {
        var index = Int(truncatingIfNeeded: entry.hash >> 1) & (entries.count - 1)
        while entries[index].hash != 0 { index = (index + 1) & (entries.count - 1) }
        entries[index] = entry
    }
}
