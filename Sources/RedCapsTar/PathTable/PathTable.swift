package import RedCapsBase

/// A table of paths, found beforehand and kept in a file that is read in place: row i tells where
/// the files of entry i lie. `Docs/IndexFormat.md` describes the file.
package final class PathTable: Sendable {
    /// What the table was made of. If anything of it is another now, the table is made anew.
    package struct Origin: Sendable, Hashable {
        /// The lists that were read, by name, size and time.
        package var lists: [ListFile]
        /// What each column's store held.
        package var folders: [UInt64]
    }

    /// A path, where it leads, and what else there is to say of it.
    package enum Reference: Sendable {
        /// A member of a tar, under its own path or below the name of its shard.
        case member(record: UInt64, path: String)
        /// A file of the unpacked tree.
        case loose(path: String)
        /// A file that a store has located.
        case located(path: String)
        /// A path that leads nowhere.
        case missing(path: String)
        /// No path at all; the list's entry lacks it.
        case absent

        /// The path as the list has it; empty if it has none.
        package var path: String {
            switch self {
            case .member(_, let path), .loose(let path), .located(let path), .missing(let path):
                path
            case .absent: ""
            }
        }
    }

    enum Section {
        static let rows = 0
        static let spelledPaths = 1
        static let text = 2
        static let missingRows = 3
        static let facts = 4
        static let locations = 5
    }

    /// The kind of file and the sizes of its records for some columns.
    static func layout(_ columns: [TableColumn]) -> (kind: BlockFormat.Kind, recordSizes: [Int]) {
        let sizes = [
            columns.count * PackedReference.size, SpelledPath.size, 1, PackedReference.size, 1,
        ]
        return columns.contains(where: \.isLocated)
            ? (.locations, sizes + [LocatedFile.size]) : (.entries, sizes)
    }

    /// How many rows there are.
    package var count: Int { Int(facts.rowCount) }
    /// How many rows lack a file in one of their columns.
    package var missingCount: Int { Int(facts.missingCount) }
    /// Missing rows by the first folder of the path that leads nowhere, which is most often the name
    /// of the shard that isn't there; at most 10,000 names, the rest under `…`.
    package var missingByShard: [(name: String, count: Int)] { facts.missingByShard }
    /// A hash of the lists' bytes.
    package var listHash: UInt64 { facts.listHash }
    /// The file.
    package var path: String { file.path }

    let facts: TableFacts
    let file: RepairableFile
    /// What each column's paths lead into.
    package let columns: [TableColumn]

    init(_ file: RepairableFile, facts: TableFacts, columns: [TableColumn]) {
        self.file = file
        self.facts = facts
        self.columns = columns
    }

    /// What a row says in one of its columns.
    package func reference(
        row: Int, column: Int, _ lookup: RowLookup = RowLookup()
    ) throws(StoreError) -> Reference {
        try lookup.move(to: row, of: self)
        return try lookup.reference(column)
    }

    /// Calls `body` with every record of a column that a row leads to.
    package func forEachRecord(
        column: Int, _ body: (_ row: Int, _ record: UInt64) throws -> Void
    ) throws {
        guard !columns[column].isLocated else { return }
        var rows = try RepairableCursor(file, Section.rows)
        var spelledPaths = try RepairableCursor(file, Section.spelledPaths)
        for row in 0..<rows.count {
            let packed = unsafe try rows.withRecord(row) { bytes in
                unsafe PackedReference(bytes, at: column * PackedReference.size)
            }
            if packed.kind != .odd {
                try body(Int(row), packed.number)
            } else {
                let odd = unsafe try spelledPaths.withRecord(packed.number) {
                    unsafe SpelledPath($0)
                }
                if odd.kind == .member { try body(Int(row), odd.record) }
            }
        }
    }

    /// The rows that lack a file, in their order.
    package func missingRows() throws(StoreError) -> [Int] {
        var cursor = try RepairableCursor(file, Section.missingRows)
        var rows: [Int] = []
        rows.reserveCapacity(missingCount)
        for number in 0..<cursor.count {
            rows.append(
                Int(
                    unsafe try cursor.withRecord(number) {
                        unsafe $0.number(at: 0, width: PackedReference.size)
                    }))
        }
        return rows
    }

    /// The row at a place among those that lack nothing, found without a look at most of the others.
    /// - Parameter place: In `0 ..< count - missingCount`.
    package func completeRow(at place: Int) throws(StoreError) -> Int {
        guard missingCount > 0 else { return place }
        var cursor = try RepairableCursor(file, Section.missingRows)
        // Before the missing row at place k, its number less k rows lack nothing.
        var (low, high) = (0, Int(clamping: cursor.count))
        while low < high {
            let middle = (low + high) / 2
            let row = Int(
                clamping: unsafe try cursor.withRecord(UInt64(middle)) {
                    unsafe $0.number(at: 0, width: PackedReference.size)
                })
            if row - middle <= place { low = middle + 1 } else { high = middle }
        }
        return place + low
    }

    /// Reads every block and compares it with its checksum.
    package func check() throws(StoreError) {
        let (kind, recordSizes) = Self.layout(columns)
        try BlockFile(path, kind, recordSizes: recordSizes).checkAllBlocks()
    }
}
