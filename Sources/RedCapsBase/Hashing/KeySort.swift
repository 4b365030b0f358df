/// Rows that are sorted by a key that is spread evenly over 64 bits, then by a value: by buckets of
/// the key's top bits, each small enough for the processor's cache, on all cores.
///
/// @unchecked Sendable: while it is sorted, each thread touches its own buckets only; before that,
/// only the owner's thread writes, and afterwards nobody does.
@safe package final class KeySort: @unchecked Sendable {
    package struct Row {
        package var key: UInt64
        package var value: UInt64
    }

    package let count: Int
    private let rows: UnsafeMutablePointer<Row>
    /// Where each bucket's next row belongs; once all are there, where each bucket ends.
    private let ends: UnsafeMutableBufferPointer<Int>
    private let bits: UInt64

    /// Makes room.
    /// - Parameters:
    ///   - count: The number of rows.
    ///   - forEachKey: Calls its argument with the key of each row.
    package init(count: Int, forEachKey: ((UInt64) -> Void) -> Void) {
        self.count = count
        // A few dozen rows in a bucket.
        var bits: UInt64 = 0
        while bits < 18, count >> Int(bits) > 32 { bits += 1 }
        self.bits = bits
        unsafe rows = .allocate(capacity: max(1, count))
        unsafe ends = .allocate(capacity: 1 << Int(bits))
        unsafe ends.initialize(repeating: 0)
        forEachKey { key in unsafe ends[bucket(of: key)] += 1 }
        var next = 0
        for bucket in 0..<(1 << Int(bits)) {
            let size = unsafe ends[bucket]
            unsafe ends[bucket] = next
            next += size
        }
        precondition(next == count, "\(next) keys for \(count) rows")
    }

    deinit {
        unsafe rows.deallocate()
        unsafe ends.deallocate()
    }

    private func bucket(of key: UInt64) -> Int { bits == 0 ? 0 : Int(key >> (64 - bits)) }

    /// Adds one of the rows whose keys were told at the beginning.
    package func add(_ key: UInt64, _ value: UInt64) {
        let bucket = bucket(of: key)
        let place = unsafe ends[bucket]
        precondition(place < count, "a row too many")
        unsafe rows[place] = Row(key: key, value: value)
        unsafe ends[bucket] = place + 1
    }

    /// Sorts, after all rows were added.
    package func sort(_ cancellation: Cancellation?) throws(StoreError) {
        let all = 1 << Int(bits)
        let groups = all < 64 ? 1 : 64
        WorkerThread.forEach(groups) { [self] group in
            if cancellation?.isCancelled ?? false { return }
            let mine = (all * group / groups)..<(all * (group + 1) / groups)
            for bucket in mine {
                let start = unsafe bucket == 0 ? 0 : ends[bucket - 1]
                let end = unsafe ends[bucket]
                guard end - start > 1 else { continue }
                var part = unsafe UnsafeMutableBufferPointer(
                    start: rows + start, count: end - start)
                unsafe part.sort {
                    $0.key != $1.key ? $0.key < $1.key : $0.value < $1.value
                }
            }
        }
        try cancellation?.check("the index")
    }

    /// A row of the sorted order.
    package subscript(place: Int) -> Row {
        precondition(place >= 0 && place < count, "row \(place) of \(count)")
        return unsafe rows[place]
    }
}
