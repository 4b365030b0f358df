import RedCapsBase

/// The sorted rows by which paths are found.
struct Directory {
    private let file: BlockFile

    init(_ file: BlockFile) { self.file = file }

    /// The number of the first row that doesn't come before a hash and a record.
    ///
    /// Hashes are spread evenly, so a guess by proportion is nearly right; should it go wrong again
    /// and again, halving takes over.
    func firstRow(from hash: UInt64, _ record: UInt64) throws(StoreError) -> UInt64 {
        let section = MemberSection.directory
        let perBlock = UInt64(BlockFormat.payloadSize / DirectoryRow.size)
        let count = file.count(section)
        var (low, high) = (UInt64(0), (count + perBlock - 1) / perBlock)  // blocks
        var (lowHash, highHash) = (UInt64(0), UInt64.max)
        var guesses = 0
        while low < high {
            var middle = low + (high - low) / 2
            if guesses < 4, highHash > lowHash {
                let part = Double(hash &- lowHash) / Double(highHash - lowHash)
                middle = low + UInt64(min(max(part, 0), 1) * Double(high - low - 1))
                guesses += 1
            }
            let rows = Int(min(perBlock, count - middle * perBlock))
            let found = unsafe try file.withBlock(section, middle) { payload in
                unsafe Self.search(payload, rows, hash, record)
            }
            switch found {
            case .before(let first):
                high = middle
                highHash = first
            case .after(let last):
                low = middle + 1
                lowHash = last
            case .within(let row): return middle * perBlock + UInt64(row)
            }
        }
        return min(low * perBlock, count)
    }

    private enum Place {
        /// At the block's first row or before it; with the first hash.
        case before(UInt64)
        /// After the block's last row; with the last hash.
        case after(UInt64)
        case within(Int)
    }

    private static func search(
        _ payload: UnsafeRawBufferPointer, _ rows: Int, _ hash: UInt64, _ record: UInt64
    ) -> Place {
        func row(_ number: Int) -> DirectoryRow {
            let start = number * DirectoryRow.size
            return unsafe DirectoryRow(
                UnsafeRawBufferPointer(rebasing: payload[start..<(start + DirectoryRow.size)]))
        }
        func comesBefore(_ row: DirectoryRow) -> Bool {
            (row.hash, row.record) < (hash, record)
        }
        let (first, last) = (row(0), row(rows - 1))
        if !comesBefore(first) { return .before(first.hash) }
        if comesBefore(last) { return .after(last.hash) }
        var (low, high) = (0, rows - 1)
        while low < high {
            let middle = (low + high) / 2
            if comesBefore(row(middle)) { low = middle + 1 } else { high = middle }
        }
        return .within(low)
    }
}
