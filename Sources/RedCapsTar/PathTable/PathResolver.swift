import RedCapsBase

/// Finds many paths in an index at once: instead of millions of lookups all over the file, its
/// sections are read from front to back.
struct PathResolver: Sendable {
    let index: TarIndex
    /// The paths: one run of bytes, and where in it each path lies.
    let bytes: [UInt8]
    let ranges: [Range<Int>]
    let cancellation: Cancellation?

    /// The records that the paths lead to; `none` for a path that isn't there.
    static let none = UInt64.max

    /// Where to look for a path, or for the end of one.
    private struct Query: Sendable {
        let path: Int
        /// Where in `bytes` the name lies that is looked for.
        let name: Range<Int>
        /// The records among which it is looked for.
        let records: Range<UInt64>
    }

    /// Where a path leads.
    struct Found {
        fileprivate(set) var record = PathResolver.none
        /// Whether that is in the shard that is named like the path's first folder, under the rest
        /// of the path.
        fileprivate(set) var isInNamedShard = false
        fileprivate var isFolder = false
    }

    private var all: Range<UInt64> { 0..<index.members.count(MemberSection.records) }

    /// Looks all of them up.
    func run() throws(StoreError) -> [Found] {
        let all = all
        var found = [Found](repeating: Found(), count: ranges.count)
        let inPlace = ranges.indices.map { Query(path: $0, name: ranges[$0], records: all) }
        try resolve(inPlace, searchesAll: true) { query, record, kind in
            found[query.path] = Found(record: record, isFolder: kind == .directory)
        }
        var named: [Query] = []
        for path in ranges.indices
        where found[path].record == Self.none || found[path].isFolder {
            let range = ranges[path]
            guard let slash = bytes[range].firstIndex(of: UInt8(ascii: "/")),
                let shard = index.shard(named: bytes[range.lowerBound..<slash])
            else { continue }
            named.append(
                Query(
                    path: path, name: (slash + 1)..<range.upperBound,
                    records: index.shards[shard].records))
        }
        try resolve(named, searchesAll: false) { query, record, _ in
            found[query.path] = Found(record: record, isInNamedShard: true)
        }
        return found
    }

    private func resolve(
        _ queries: [Query], searchesAll: Bool, _ found: (Query, UInt64, TarMember.Kind) -> Void
    ) throws(StoreError) {
        guard !queries.isEmpty else { return }
        let sorted = try sortedByHash(queries)
        let hashed = try WorkerThread.map(Self.parts) { part throws(StoreError) in
            try cancellation?.check("the list")
            return try index.members.use { (file) throws(StoreError) in
                try candidates(
                    searchesAll ? nil : queries, sorted, Self.share(part, of: sorted.count),
                    in: file)
            }
        }
        let byRecord = try sortedByRecord(
            hashed, of: index.members.count(MemberSection.records))
        let hits = try WorkerThread.map(Self.parts) { part throws(StoreError) in
            try cancellation?.check("the list")
            return try index.members.use { (file) throws(StoreError) in
                try verified(
                    queries, byRecord, Self.share(part, of: byRecord.rows.count), in: file)
            }
        }
        for hit in hits.joined() { found(queries[hit.query], hit.record, hit.kind) }
    }

    /// Into how many pieces the work is cut: enough to keep all cores busy to the end.
    private static var parts: Int { min(16, 2 * WorkerThread.usableCores) }

    private static func share(_ part: Int, of count: Int) -> Range<Int> {
        (count * part / parts)..<(count * (part + 1) / parts)
    }

    // MARK: The steps

    private func sortedByHash(_ queries: [Query]) throws(StoreError) -> KeySort {
        let hashes = unsafe bytes.withUnsafeBytes { bytes in
            queries.map {
                unsafe DirectoryRow.hash(UnsafeRawBufferPointer(rebasing: bytes[$0.name]))
            }
        }
        let sorted = KeySort(count: queries.count) { hashes.forEach($0) }
        for (number, hash) in hashes.enumerated() { sorted.add(hash, UInt64(number)) }
        try sorted.sort(cancellation)
        return sorted
    }

    /// A record whose path has the hash that a query asks for.
    private struct Candidate {
        let record: UInt64
        let query: Int
    }

    /// Goes through a piece of the directory and some queries, both sorted by hash.
    /// - Parameter queries: What says among which records to look; `nil` for all of them.
    private func candidates(
        _ queries: [Query]?, _ sorted: KeySort, _ share: Range<Int>, in file: BlockFile
    ) throws(StoreError) -> [Candidate] {
        guard !share.isEmpty else { return [] }
        let all = all
        var rows = file.cursor(MemberSection.directory)
        var place = try Directory(file).firstRow(from: sorted[share.lowerBound].key, 0)
        var run: [UInt64] = []
        var runHash: UInt64?
        var hits: [Candidate] = []
        hits.reserveCapacity(share.count)
        for number in share {
            let query = sorted[number]
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
            // Nearly always there is one such path or none, wherever it is looked for.
            guard !run.isEmpty else { continue }
            let records = queries?[Int(query.value)].records ?? all
            var (low, high) = (0, run.count)
            while low < high {
                let middle = (low + high) / 2
                if run[middle] < records.upperBound { low = middle + 1 } else { high = middle }
            }
            if low > 0, run[low - 1] >= records.lowerBound {
                hits.append(Candidate(record: run[low - 1], query: Int(query.value)))
            }
        }
        return hits
    }

    /// Candidates sorted by record; the keys are records that are shifted to the top of 64 bits.
    private struct ByRecord: Sendable {
        let rows: KeySort
        let shift: UInt64
    }

    private func sortedByRecord(
        _ candidates: [[Candidate]], of count: UInt64
    ) throws(StoreError) -> ByRecord {
        let shift = UInt64(count.leadingZeroBitCount) & 63
        let total = candidates.reduce(0) { $0 + $1.count }
        let rows = KeySort(count: total) { tell in
            for part in candidates { for candidate in part { tell(candidate.record << shift) } }
        }
        for part in candidates {
            for candidate in part {
                rows.add(candidate.record << shift, UInt64(candidate.query))
            }
        }
        try rows.sort(cancellation)
        return ByRecord(rows: rows, shift: shift)
    }

    /// A query and what its path leads to.
    private struct Hit {
        let query: Int
        let record: UInt64
        let kind: TarMember.Kind
    }

    /// Goes through a piece of the records and compares their paths with those asked for.
    private func verified(
        _ queries: [Query], _ candidates: ByRecord, _ share: Range<Int>, in file: BlockFile
    ) throws(StoreError) -> [Hit] {
        guard !share.isEmpty else { return [] }
        var records = file.cursor(MemberSection.records)
        var paths = file.cursor(MemberSection.paths)
        var shard = 0
        var own: [UInt8] = []
        var hits: [Hit] = []
        hits.reserveCapacity(share.count)
        for place in share {
            let row = candidates.rows[place]
            let (number, query) = (row.key >> candidates.shift, Int(row.value))
            while shard < index.shards.count, index.shards[shard].records.upperBound <= number {
                shard += 1
            }
            guard shard < index.shards.count else {
                throw .damagedIndex(index.members.path, "record \(number) of no shard")
            }
            let record = unsafe try records.withRecord(number) { unsafe MemberRecord($0) }
            let start = index.shards[shard].pathBase + UInt64(record.pathStart)
            own.removeAll(keepingCapacity: true)
            try paths.append(start..<(start + UInt64(record.pathCount)), to: &own)
            let asked = queries[query]
            if own.count == asked.name.count, equal(own, asked.name) {
                hits.append(Hit(query: query, record: number, kind: record.kind))
            } else if let number = try index.lastRecord(
                of: MemberPath(normalized: Array(bytes[asked.name])), in: asked.records)
            {
                // Another path with the same hash had come first.
                hits.append(
                    Hit(query: query, record: number, kind: try index.record(number).kind))
            }
        }
        return hits
    }

    private func equal(_ path: [UInt8], _ range: Range<Int>) -> Bool {
        unsafe path.withUnsafeBytes { path in
            unsafe bytes.withUnsafeBytes { bytes in
                guard let a = path.baseAddress, let b = bytes.baseAddress else { return true }
                return unsafe memcmp(a, b + range.lowerBound, range.count) == 0
            }
        }
    }
}
