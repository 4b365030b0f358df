/// Turns words into ids, and keeps what it learns about them.
///
/// Words must lie in memory with `ScalarText.padding` readable bytes behind them.
@safe struct WordEncoder<Model: WordModel>: ~Copyable {
    private let model: Model
    private var cache = WordCache()
    private var longWords = LongWordCache()
    private let memory = Model.Memory()
    private var output: UnsafeMutablePointer<UInt32>
    private var capacity = 1024
    /// How many ids there are.
    private(set) var count = 0

    init(_ model: Model) {
        self.model = model
        unsafe output = .allocate(capacity: capacity)
    }

    deinit { unsafe output.deallocate() }

    /// Forgets the ids, not the words.
    mutating func removeAll() { count = 0 }

    /// The ids so far.
    func ids() -> [Int] {
        // Where there is nothing, the standard library would write to what all empty arrays share.
        guard count > 0 else { return [] }
        return unsafe Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            for position in 0..<count { unsafe buffer[position] = Int(output[position]) }
            initialized = count
        }
    }

    private mutating func grow(by more: Int) {
        let old = unsafe output
        capacity = max(capacity * 2, count + more + 4)
        unsafe output = .allocate(capacity: capacity)
        unsafe output.initialize(from: old, count: count)
        unsafe old.deallocate()
    }

    /// Appends an id.
    mutating func append(_ id: UInt32) {
        if count == capacity { grow(by: 1) }
        unsafe output[count] = id
        count += 1
    }

    /// Appends the ids of a word, which isn't empty.
    @inline(__always)
    mutating func append(_ word: ScalarText) {
        guard word.count <= WordCache.longestWord else { return appendLong(word) }
        let raw = unsafe UnsafeRawPointer(word.base)
        var low = UInt64(littleEndian: unsafe raw.loadUnaligned(as: UInt64.self))
        var high = UInt64(
            littleEndian: unsafe raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let bits = UInt64(truncatingIfNeeded: word.count &* 8)
        if bits < 64 {
            low &= (1 &<< bits) &- 1
            high = 0
        } else {
            high &= (1 &<< (bits &- 64)) &- 1
        }
        high |= UInt64(truncatingIfNeeded: word.count) &<< 56
        let ids = cache[cache.index(low, high)]
        guard ids.w != 0 else { return appendNew(word, low, high) }
        if capacity &- count < 4 { grow(by: 4) }
        unsafe UnsafeMutableRawPointer(output + count).storeBytes(
            of: ids, as: SIMD4<UInt32>.self)
        count &+= Int(ids.w)
    }

    /// Appends the ids of a short word that isn't in the cache.
    private mutating func appendNew(_ word: ScalarText, _ low: UInt64, _ high: UInt64) {
        let start = count
        encode(word)
        let new = count - start
        guard new > 0, new <= WordCache.mostIDs else { return }
        var ids = SIMD4<UInt32>(0, 0, 0, UInt32(new))
        for position in 0..<new { ids[position] = unsafe output[start + position] }
        cache.add(low, high, ids)
    }

    private mutating func appendLong(_ word: ScalarText) {
        guard word.count <= LongWordCache.longestWord else { return encode(word) }
        let hash = LongWordCache.hash(word)
        if let ids = longWords.find(word, hash) {
            for id in ids { append(id) }
            return
        }
        let start = count
        encode(word)
        longWords.add(word, hash, count: count - start) { unsafe output[start + $0] }
    }

    private mutating func encode(_ word: ScalarText) {
        let new = model.encode(word, in: memory)
        if capacity - count < new { grow(by: new) }
        unsafe memory.copy(new, to: output + count)
        count += new
    }
}
