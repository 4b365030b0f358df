/// Rows that are sorted by a key that is spread evenly over 64 bits, then by a value: by buckets of
/// the key's top bits, each small enough for the processor's cache, on all cores.
///
/// @unchecked Sendable: while it is sorted, each thread touches its own buckets only; before and
/// after that, only the owner's thread touches it.
@safe final class KeySort: @unchecked Sendable {
    struct Row {
        var key: UInt64
        var value: UInt64
    }

    private(set) var rows: UnsafeMutableBufferPointer<Row>
    private var starts: [Int] = []
    private var next: [Int] = []
    private let shift: UInt64
    private let bits: Int

    /// Makes room.
    /// - Parameters:
    ///   - count: The number of rows.
    ///   - forEachKey: Calls its argument with the key of each row.
    init(count: Int, forEachKey: ((UInt64) -> Void) -> Void) {
        // About a thousand rows in a bucket.
        var bits = 0
        while bits < 16, count >> bits > 1024 { bits += 1 }
        self.bits = bits
        shift = UInt64(64 - bits)
        unsafe rows = .allocate(capacity: count)
        starts = [Int](repeating: 0, count: 1 << bits + 1)
        forEachKey { key in starts[bucket(of: key) + 1] += 1 }
        for bucket in 1..<starts.count { starts[bucket] += starts[bucket - 1] }
        next = starts
    }

    deinit { unsafe rows.deallocate() }

    private func bucket(of key: UInt64) -> Int { bits == 0 ? 0 : Int(key >> shift) }

    /// Adds one of the rows whose keys were told at the beginning.
    func add(_ key: UInt64, _ value: UInt64) {
        let bucket = bucket(of: key)
        precondition(next[bucket] < starts[bucket + 1], "a key that wasn't told")
        unsafe rows[next[bucket]] = Row(key: key, value: value)
        next[bucket] += 1
    }

    /// Sorts.
    func sort() throws(StoreError) {
        let groups = 64
        try WorkerThread.forEach(bits < 4 ? 1 : groups) { [self] group in
            let all = starts.count - 1
            let mine =
                bits < 4 ? 0..<all : (all * group / groups)..<(all * (group + 1) / groups)
            for bucket in mine {
                var part = unsafe UnsafeMutableBufferPointer(
                    rebasing: rows[starts[bucket]..<starts[bucket + 1]])
                unsafe part.sort { ($0.key, $0.value) < ($1.key, $1.value) }
            }
        }
    }
}
