/// Memory for merging the symbols of one word, kept from word to word.
@safe struct MergeScratch: ~Copyable {
    /// Longer words are merged with a heap, so that the time stays nearly linear.
    private static let shortWord = 48

    private var ids: UnsafeMutablePointer<UInt32>
    /// The rank of the merge of each symbol with the next.
    private var ranks: UnsafeMutablePointer<UInt32>
    private var next: UnsafeMutablePointer<UInt32>
    private var previous: UnsafeMutablePointer<UInt32>
    private var heap = MergeHeap()
    private var capacity: Int

    init() {
        capacity = 256
        unsafe ids = .allocate(capacity: capacity)
        unsafe ranks = .allocate(capacity: capacity)
        unsafe next = .allocate(capacity: capacity)
        unsafe previous = .allocate(capacity: capacity)
    }

    deinit {
        unsafe ids.deallocate()
        unsafe ranks.deallocate()
        unsafe next.deallocate()
        unsafe previous.deallocate()
    }

    private mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        unsafe ids.deallocate()
        unsafe ranks.deallocate()
        unsafe next.deallocate()
        unsafe previous.deallocate()
        capacity = max(count, capacity * 2)
        unsafe ids = .allocate(capacity: capacity)
        unsafe ranks = .allocate(capacity: capacity)
        unsafe next = .allocate(capacity: capacity)
        unsafe previous = .allocate(capacity: capacity)
    }

    /// Splits a word that isn't empty into bytes and merges them.
    /// - Returns: How many ids there are, from the start of `result`.
    mutating func merge(_ word: ScalarText, _ model: borrowing BytePairModel) -> Int {
        reserve(word.count)
        let count: Int
        if model.isPlain {
            count = word.count
            for position in 0..<count {
                unsafe ids[position] = model.byteIDs[Int(word[position])]
            }
            for position in 1..<max(count, 1) {
                unsafe ranks[position - 1] = model.merges.rank(
                    ofBytes: word[position - 1], word[position])
            }
        } else {
            count = symbols(of: word, model)
            for position in 1..<max(count, 1) {
                unsafe ranks[position - 1] = model.merges.rank(ids[position - 1], ids[position])
            }
        }
        guard count > 1 else { return count }
        unsafe ranks[count - 1] = MergeTable.none
        return count <= Self.shortWord
            ? mergeShort(count, model.merges) : mergeLong(count, model.merges)
    }

    /// Takes an id for that of a whole word.
    mutating func set(_ id: UInt32) -> Int {
        unsafe ids[0] = id
        return 1
    }

    /// Writes the first ids of the last word out, at most as many as it had.
    func copy(_ count: Int, to output: UnsafeMutablePointer<UInt32>) {
        unsafe output.update(from: ids, count: count)
    }

    private mutating func symbols(of word: ScalarText, _ model: borrowing BytePairModel) -> Int {
        var count = 0
        var isUnknown = false
        for position in 0..<word.count {
            let byte = Int(word[position])
            let isLast = position == word.count - 1
            var id = isLast ? model.lastByteIDs[byte] : model.byteIDs[byte]
            if id == BytePairModel.absent {
                guard let unknown = model.unknown, !(isUnknown && model.fusesUnknown) else {
                    continue
                }
                id = unknown
                isUnknown = true
            } else {
                isUnknown = false
            }
            unsafe ids[count] = id
            count += 1
        }
        return count
    }

    /// Merges the first pair of the lowest rank, again and again, closing the gap each time.
    private mutating func mergeShort(_ symbols: Int, _ merges: MergeTable) -> Int {
        var count = symbols
        while true {
            var best = MergeTable.none
            var place = 0
            for position in 0..<count &- 1 {
                let rank = unsafe ranks[position]
                if rank < best {
                    best = rank
                    place = position
                }
            }
            if best == MergeTable.none { return count }
            unsafe ids[place] = merges.results[Int(best)]
            count &-= 1
            for position in place &+ 1..<max(count, place &+ 1) {
                unsafe ids[position] = ids[position &+ 1]
                unsafe ranks[position] = ranks[position &+ 1]
            }
            if place > 0 {
                unsafe ranks[place &- 1] = merges.rank(ids[place &- 1], ids[place])
            }
            unsafe ranks[place] =
                place &+ 1 < count ? merges.rank(ids[place], ids[place &+ 1]) : MergeTable.none
        }
    }

    /// The same with a list of symbols and a heap of pairs; a pair whose symbols have changed since
    /// has another rank now, or none.
    private mutating func mergeLong(_ count: Int, _ merges: MergeTable) -> Int {
        let end = UInt32(count)
        heap.removeAll()
        for position in 0..<count {
            unsafe next[position] = UInt32(position + 1)
            unsafe previous[position] = UInt32(truncatingIfNeeded: position - 1)
            let rank = unsafe ranks[position]
            if rank != MergeTable.none { heap.push(rank, position) }
        }
        while let (rank, place) = heap.pop() {
            guard unsafe ranks[place] == rank else { continue }
            let right = unsafe Int(next[place])
            unsafe ids[place] = merges.results[Int(rank)]
            unsafe ranks[right] = MergeTable.none
            let following = unsafe next[right]
            unsafe next[place] = following
            var new = MergeTable.none
            if following < end {
                unsafe previous[Int(following)] = UInt32(place)
                new = unsafe merges.rank(ids[place], ids[Int(following)])
                if new != MergeTable.none { heap.push(new, place) }
            }
            unsafe ranks[place] = new
            if place > 0 {
                let before = unsafe Int(previous[place])
                let rank = unsafe merges.rank(ids[before], ids[place])
                unsafe ranks[before] = rank
                if rank != MergeTable.none { heap.push(rank, before) }
            }
        }
        var position = 0
        var kept = 0
        while position < count {
            unsafe ids[kept] = ids[position]
            kept += 1
            position = unsafe Int(next[position])
        }
        return kept
    }
}
