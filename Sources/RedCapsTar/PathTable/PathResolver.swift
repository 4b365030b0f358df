/// Finds many paths in an index at once: instead of millions of lookups all over the file, its
/// sections are read from front to back.
struct PathResolver {
    let index: TarIndex
    /// The paths: one run of bytes, and where in it each path lies.
    let bytes: [UInt8]
    let ranges: [Range<Int>]

    /// The records that the paths lead to; `none` for a path that isn't there.
    static let none = UInt64.max

    /// Where to look for a path, or for the end of one.
    private struct Query {
        let path: Int
        /// Where in `bytes` the name lies that is looked for.
        let name: Range<Int>
        /// The records among which it is looked for.
        let records: Range<UInt64>
    }

    /// Looks all of them up.
    /// - Returns: For each path its record, and whether it was found in the shard that is named
    ///   like the path's first folder, under the rest of the path.
    func run() throws(StoreError) -> [(record: UInt64, isInNamedShard: Bool)] {
        let all = 0..<index.members.count(MemberSection.records)
        var found = [(record: UInt64, isInNamedShard: Bool)](
            repeating: (Self.none, false), count: ranges.count)
        let inPlace = ranges.indices.map { Query(path: $0, name: ranges[$0], records: all) }
        try resolve(inPlace) { query, record, kind in
            found[query.path] = (record, false)
            if kind == .directory { found[query.path].isInNamedShard = true }
        }
        // A path that leads nowhere, or to a directory only.
        var named: [Query] = []
        for path in ranges.indices {
            let range = ranges[path]
            guard found[path].record == Self.none || found[path].isInNamedShard else { continue }
            found[path].isInNamedShard = false
            guard let slash = bytes[range].firstIndex(of: UInt8(ascii: "/")),
                let shard = index.shard(named: bytes[range.lowerBound..<slash])
            else { continue }
            named.append(
                Query(
                    path: path, name: (slash + 1)..<range.upperBound,
                    records: index.shards[shard].records))
        }
        try resolve(named) { query, record, _ in found[query.path] = (record, true) }
        return found
    }

    private func resolve(
        _ queries: [Query], _ found: (Query, UInt64, TarMember.Kind) -> Void
    ) throws(StoreError) {
        guard !queries.isEmpty else { return }
        let candidates = try candidates(for: queries)
        let file = try index.members.use { (file) throws(StoreError) in file }
        var records = file.cursor(MemberSection.records)
        var paths = file.cursor(MemberSection.paths)
        var shard = 0
        var own: [UInt8] = []
        for row in 0..<candidates.count {
            let (number, query) = candidates.row(row)
            while index.shards[shard].records.upperBound <= number { shard += 1 }
            let record = unsafe try records.withRecord(number) { unsafe MemberRecord($0) }
            let start = index.shards[shard].pathBase + UInt64(record.pathStart)
            own.removeAll(keepingCapacity: true)
            try paths.append(start..<(start + UInt64(record.pathCount)), to: &own)
            let asked = queries[query]
            if own.elementsEqual(bytes[asked.name]) {
                found(asked, number, record.kind)
            } else if let number = try index.lastRecord(
                of: MemberPath(normalized: Array(bytes[asked.name])), in: asked.records)
            {
                // Another path with the same hash had come first.
                found(asked, number, try index.record(number).kind)
            }
        }
    }

    /// Records whose paths have the right hash, sorted by record, each with the number of its query.
    private struct Candidates {
        let sorted: KeySort
        let shift: UInt64
        let count: Int

        func row(_ row: Int) -> (record: UInt64, query: Int) {
            let row = unsafe sorted.rows[row]
            return (row.key >> shift, Int(row.value))
        }
    }

    private func candidates(for queries: [Query]) throws(StoreError) -> Candidates {
        let hashes = unsafe bytes.withUnsafeBytes { bytes in
            queries.map { unsafe DirectoryRow.hash(UnsafeRawBufferPointer(rebasing: bytes[$0.name])) }
        }
        let byHash = KeySort(count: queries.count) { hashes.forEach($0) }
        for (number, hash) in hashes.enumerated() { byHash.add(hash, UInt64(number)) }
        try byHash.sort()

        let file = try index.members.use { (file) throws(StoreError) in file }
        var rows = file.cursor(MemberSection.directory)
        var place: UInt64 = 0
        var run: [UInt64] = []
        var runHash: UInt64?
        var hits: [(record: UInt64, query: Int)] = []
        hits.reserveCapacity(queries.count)
        for number in 0..<queries.count {
            let query = unsafe byHash.rows[number]
            if runHash != query.key {
                run.removeAll(keepingCapacity: true)
                runHash = query.key
                while place < rows.count {
                    let row = unsafe try rows.withRecord(place) { unsafe DirectoryRow($0) }
                    if row.hash > query.key { break }
                    if row.hash == query.key { run.append(row.record) }
                    place += 1
                }
            }
            let records = queries[Int(query.value)].records
            var (low, high) = (0, run.count)
            while low < high {
                let middle = (low + high) / 2
                if run[middle] < records.upperBound { low = middle + 1 } else { high = middle }
            }
            if low > 0, run[low - 1] >= records.lowerBound {
                hits.append((run[low - 1], Int(query.value)))
            }
        }
        let highest = index.members.count(MemberSection.records)
        let shift = UInt64(highest == 0 ? 0 : highest.leadingZeroBitCount)
        let byRecord = KeySort(count: hits.count) { tell in
            for hit in hits { tell(hit.record << shift) }
        }
        for hit in hits { byRecord.add(hit.record << shift, UInt64(hit.query)) }
        try byRecord.sort()
        return Candidates(sorted: byRecord, shift: shift, count: hits.count)
    }
}
