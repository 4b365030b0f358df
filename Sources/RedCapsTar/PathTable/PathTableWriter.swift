package import RedCapsBase

/// Writes a table of paths: rows come one by one and are looked up many at a time, so that memory
/// doesn't grow with the list.
package struct PathTableWriter {
    /// Rows that are looked up together.
    private static let rowsAtOnce = 1 << 19
    private static let mostNames = 10_000

    private let file: BlockFileWriter
    private let columns: [TableColumn]
    private let cancellation: Cancellation?
    private var facts: TableFacts
    private var names: [[UInt8]: Int] = [:]
    private var otherNames = 0

    /// The rows that aren't written yet: their paths as the list has them, column after column, and
    /// where each ends. An entry without a path ends in the complement of where the last one did.
    private var text: [UInt8] = []
    private var ends: [Int] = []

    /// Begins a table.
    init(
        _ path: String, origin: PathTable.Origin, columns: [TableColumn],
        _ cancellation: Cancellation?
    ) throws(StoreError) {
        let (kind, recordSizes) = PathTable.layout(columns)
        file = try BlockFileWriter(path, kind, recordSizes: recordSizes)
        self.columns = columns
        self.cancellation = cancellation
        facts = TableFacts(origin: origin)
    }

    /// Adds the next path of a row; `nil` if the list has none there.
    package mutating func append(_ path: BorrowedBytes?) {
        if let path {
            path.append(to: &text)
            ends.append(text.count)
        } else {
            ends.append(~text.count)
        }
    }

    /// Ends a row.
    package mutating func endRow() throws(StoreError) {
        if ends.count >= Self.rowsAtOnce * columns.count { try writeRows() }
    }

    /// Ends the table.
    /// - Parameter listHash: A hash of the lists' bytes.
    mutating func finish(listHash: UInt64) throws(StoreError) -> TableFacts {
        try writeRows()
        facts.listHash = listHash
        facts.missingByShard = names.map { (String(decoding: $0, as: UTF8.self), $1) }
            .sorted { ($0.1, $1.0) > ($1.1, $0.0) }
        if otherNames > 0 { facts.missingByShard.append(("…", otherNames)) }
        try file.append(PathTable.Section.facts, facts.bytes)
        _ = try file.finish()
        return facts
    }

    // MARK: Rows

    private mutating func writeRows() throws(StoreError) {
        try cancellation?.check("the list")
        let count = columns.count
        let rowCount = ends.count / count
        isMissing = .init(repeating: false, count: rowCount)
        var references = [[PackedReference]](repeating: [], count: count)
        for column in 0..<count where references[column].isEmpty && rowCount > 0 {
            guard let folder = columns[column].folder else {
                references[column] = try locate(column)
                continue
            }
            // Columns of the same folder are looked up together.
            let alike = (column..<count).filter {
                !columns[$0].isLocated && columns[$0].index === folder.index
            }
            for (like, found) in zip(alike, try find(alike, folder)) { references[like] = found }
        }
        var rows = PackedBytes()
        var missing = PackedBytes()
        for row in 0..<rowCount {
            for column in 0..<count { rows.append(references[column][row].packed, width: 5) }
            if isMissing[row] { missing.append(facts.rowCount + UInt64(row), width: 5) }
        }
        try file.append(PathTable.Section.rows, rows.bytes)
        try file.append(PathTable.Section.missingRows, missing.bytes)
        facts.rowCount += UInt64(rowCount)
        facts.missingCount += UInt64(missing.bytes.count / 5)
        text.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        isMissing.removeAll(keepingCapacity: true)
    }

    /// Whether a row lacks a file, for the rows that aren't written yet.
    private var isMissing: [Bool] = []

    /// Where the list's text of a path lies in `text`, or `nil` if there is no path.
    private func range(_ place: Int) -> Range<Int>? {
        guard ends[place] >= 0 else { return nil }
        let start = place == 0 ? 0 : ends[place - 1]
        return (start < 0 ? ~start : start)..<ends[place]
    }

    /// Looks up columns of the same folder.
    /// - Returns: The references of each column.
    private mutating func find(
        _ columns: [Int], _ folder: DatasetFolder
    ) throws(StoreError) -> [[PackedReference]] {
        let width = self.columns.count
        let rowCount = ends.count / width

        // The paths in their one spelling, for those that may be in a tar.
        var spelled: [UInt8] = []
        var ranges: [Range<Int>] = []
        var places: [Int] = []
        spelled.reserveCapacity(text.count)
        ranges.reserveCapacity(rowCount * columns.count)
        places.reserveCapacity(rowCount * columns.count)
        var kinds = [Kind](repeating: .nowhere, count: rowCount * columns.count)
        for row in 0..<rowCount {
            for (place, column) in columns.enumerated() {
                let number = row * columns.count + place
                let start = spelled.count
                kinds[number] = spell(row, column, in: folder, to: &spelled)
                if case .inTars = kinds[number] {
                    ranges.append(start..<spelled.count)
                    places.append(number)
                } else {
                    spelled.removeSubrange(start...)
                }
            }
        }
        if let index = folder.index {
            let found = try PathResolver(
                index: index, bytes: spelled, ranges: ranges, cancellation: cancellation
            ).run()
            for (path, number) in places.enumerated() {
                let (row, column) = (number / columns.count, columns[number % columns.count])
                let asListed = range(row * width + column) ?? 0..<0
                // One spelling is never longer than another, and as long only if it is the same.
                kinds[number] = Kind(
                    found[path], isPlain: ranges[path].count == asListed.count)
            }
        }
        var references = columns.map { _ in [PackedReference]() }
        for place in columns.indices { references[place].reserveCapacity(rowCount) }
        for row in 0..<rowCount {
            for (place, column) in columns.enumerated() {
                references[place].append(
                    try reference(kinds[row * columns.count + place], row, column))
            }
        }
        return references
    }

    /// Lets a store locate a column's paths, all at once, and keeps what it found.
    private mutating func locate(_ column: Int) throws(StoreError) -> [PackedReference] {
        let rowCount = ends.count / columns.count
        var rows: [Int] = []
        var paths: [String] = []
        for row in 0..<rowCount {
            guard let range = range(row * columns.count + column) else { continue }
            rows.append(row)
            paths.append(String(decoding: text[range], as: UTF8.self))
        }
        var found = [FileLocation?](repeating: nil, count: rowCount)
        let locations = try columns[column].store.locate(paths)
        guard locations.count == paths.count else {
            throw StoreError(
                .invalid, file: "manifest",
                reason: "the store gave \(locations.count) locations for \(paths.count) paths")
        }
        for (place, location) in locations.enumerated() {
            guard location?.size ?? 0 <= maximumLocatedSize else {
                throw StoreError(
                    .invalid, file: "manifest", member: paths[place],
                    reason: "the store says that it has \(location?.size ?? 0) bytes")
            }
            found[rows[place]] = location
        }
        var references: [PackedReference] = []
        references.reserveCapacity(rowCount)
        for row in 0..<rowCount {
            guard let location = found[row], let range = range(row * columns.count + column) else {
                let kind =
                    range(row * columns.count + column) == nil ? Kind.absent : Kind.nowhere
                references.append(try reference(kind, row, column))
                continue
            }
            let number = file.count(PathTable.Section.locations)
            let textStart = file.count(PathTable.Section.text)
            try file.append(PathTable.Section.text, Array(text[range]))
            let keyStart = file.count(PathTable.Section.text)
            if let key = location.key {
                try file.append(PathTable.Section.text, Array(key.utf8))
            }
            var bytes = PackedBytes()
            LocatedFile(
                location, keyStart: keyStart, textStart: textStart, textCount: UInt32(range.count)
            ).write(to: &bytes)
            try file.append(PathTable.Section.locations, bytes.bytes)
            references.append(PackedReference(.member, number))
        }
        return references
    }

    /// Brings a path to its one spelling, and says what kind of path it is.
    private func spell(
        _ row: Int, _ column: Int, in folder: DatasetFolder, to spelled: inout [UInt8]
    ) -> Kind {
        guard let range = range(row * columns.count + column) else { return .absent }
        let start = spelled.count
        let isSafe = unsafe text.withUnsafeBytes { text in
            unsafe MemberPath.append(UnsafeRawBufferPointer(rebasing: text[range]), to: &spelled)
        }
        guard isSafe, spelled.count > start else { return .nowhere }
        if folder.index == nil { return .loose }
        if folder.mayBeUnpacked,
            folder.isUnpacked(MemberPath(normalized: Array(spelled[start...])))
        {
            return .loose
        }
        return .inTars
    }

    /// What a path turned out to be.
    private enum Kind {
        case plain(UInt64)
        case below(UInt64)
        /// A member that the list spells in its own way.
        case member(UInt64)
        case loose
        case absent
        /// Not in the unpacked tree; the tars aren't asked yet.
        case inTars
        /// Nowhere, or a path that can't be safe.
        case nowhere

        /// - Parameter isPlain: Whether the list has the path in its one spelling.
        init(_ found: PathResolver.Found, isPlain: Bool) {
            if found.record == PathResolver.none {
                self = .nowhere
            } else if !isPlain {
                self = .member(found.record)
            } else {
                self = found.isInNamedShard ? .below(found.record) : .plain(found.record)
            }
        }
    }

    private mutating func reference(
        _ kind: Kind, _ row: Int, _ column: Int
    ) throws(StoreError) -> PackedReference {
        let range = range(row * columns.count + column) ?? 0..<0
        let oddKind: SpelledPath.Kind
        var record: UInt64 = 0
        switch kind {
        case .plain(let record): return PackedReference(.member, record)
        case .below(let record): return PackedReference(.memberOfNamedShard, record)
        case .member(let found): (oddKind, record) = (.member, found)
        case .loose: oddKind = .loose
        case .absent: oddKind = .absent
        case .nowhere, .inTars: oddKind = .missing
        }
        if oddKind == .missing || oddKind == .absent {
            // An entry without a path belongs to where its first path does.
            let place = range.isEmpty ? self.range(row * columns.count) ?? range : range
            if !isMissing[row] { count(missing: text[place]) }
            isMissing[row] = true
        }
        let odd = SpelledPath(
            oddKind, record: record, textStart: file.count(PathTable.Section.text),
            textCount: UInt32(range.count))
        let number = file.count(PathTable.Section.spelledPaths)
        try file.append(PathTable.Section.text, Array(text[range]))
        var bytes = PackedBytes()
        odd.write(to: &bytes)
        try file.append(PathTable.Section.spelledPaths, bytes.bytes)
        return PackedReference(.odd, number)
    }

    /// Counts by the shard that should have the path, which is named as its first folder.
    private mutating func count(missing path: ArraySlice<UInt8>) {
        let slash = path.firstIndex(of: UInt8(ascii: "/"))
        let name = slash.map { Array(path[..<$0]) } ?? Array(".".utf8)
        if names[name] == nil && names.count >= Self.mostNames {
            otherNames += 1
        } else {
            names[name, default: 0] += 1
        }
    }
}
