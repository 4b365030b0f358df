package import RedCapsBase

/// Where the files of one row of a table lie, and memory for the next row: one for each thread.
///
/// The look-up goes one way: the row gives the records of all columns, these give the locations.
/// The row is in one block of the table, the records of a row's members mostly lie side by side in
/// another; paths are read only when somebody asks for them.
package final class RowLookup {
    private let rows = BlockMemo()
    private let spelledPaths = BlockMemo()
    private let records = BlockMemo()
    private let texts = BlockMemo()
    private var table: PathTable?
    private var cells: [Cell] = []

    /// What a row says in one column.
    private struct Cell {
        var packed = PackedReference(.odd, 0)
        var spelled: SpelledPath?
        var located: LocatedFile?
        /// The record of a member, and the shard that it lies in.
        var member: (number: UInt64, record: MemberRecord, shard: Int)?
    }

    package init() {}

    /// How many blocks of the index were read and checked so far.
    package var blocksRead: Int {
        rows.blocksRead + spelledPaths.blocksRead + records.blocksRead + texts.blocksRead
    }

    /// Looks a row up.
    /// - Throws: `StoreError` if the index can't be read.
    package func move(to row: Int, of table: PathTable) throws(StoreError) {
        self.table = table
        if cells.count != table.columns.count {
            cells = Array(repeating: Cell(), count: table.columns.count)
        }
        try table.file.use { (file) throws(StoreError) in
            unsafe try file.withRecord(PathTable.Section.rows, UInt64(row), rows) { bytes in
                for column in cells.indices {
                    cells[column] = Cell(
                        packed: unsafe PackedReference(bytes, at: column * PackedReference.size))
                }
            }
            for column in cells.indices { try follow(column, file, table) }
        }
    }

    private func follow(
        _ column: Int, _ file: BlockFile, _ table: PathTable
    ) throws(StoreError) {
        let packed = cells[column].packed
        guard packed.kind == .odd else {
            if !table.columns[column].isLocated {
                return try findMember(packed.number, column, table)
            }
            let located = unsafe try file.withRecord(
                PathTable.Section.locations, packed.number, records
            ) { unsafe LocatedFile($0) }
            cells[column].located = located
            return
        }
        let spelled = unsafe try file.withRecord(
            PathTable.Section.spelledPaths, packed.number, spelledPaths
        ) { unsafe SpelledPath($0) }
        cells[column].spelled = spelled
        if spelled.kind == .member { try findMember(spelled.record, column, table) }
    }

    private func findMember(
        _ number: UInt64, _ column: Int, _ table: PathTable
    ) throws(StoreError) {
        guard let index = table.columns[column].index, let shard = index.shardNumber(of: number)
        else { throw .damagedIndex(table.path, "record \(number) of no shard") }
        let record = try index.members.use { (file) throws(StoreError) in
            unsafe try file.withRecord(MemberSection.records, number, records) {
                unsafe MemberRecord($0)
            }
        }
        cells[column].member = (number, record, shard)
    }

    /// Whether the list has no path in a column.
    package func isAbsent(_ column: Int) -> Bool { cells[column].spelled?.kind == .absent }

    /// Where a column's file lies.
    /// - Throws: `missing`, or `notAFile` for links, directories, devices and sparse members.
    package func location(_ column: Int) throws(StoreError) -> FileLocation {
        let cell = cells[column]
        if let (_, record, shard) = cell.member {
            guard record.kind == .file else { throw try notAFile(record, shard, column) }
            return FileLocation(UInt32(shard), record.offset, record.size)
        }
        if let located = cell.located {
            guard located.hasKey else {
                return FileLocation(located.shardNumber, located.offset, located.size)
            }
            let key = try text(at: located.offset, count: Int(clamping: located.size))
            var location = FileLocation(key: String(decoding: key, as: UTF8.self))
            location.shardNumber = located.shardNumber
            return location
        }
        guard !isAbsent(column), let table else {
            throw StoreError(.missing, file: "manifest", reason: "the entry has no such path")
        }
        let path = try path(column)
        let store = table.columns[column].store
        if cell.spelled?.kind == .loose, let folder = table.columns[column].folder {
            return folder.looseLocation(try MemberPath(checking: path, in: "manifest"))
        }
        // Looked for again, for the words of the error.
        return try store.locate(path)
    }

    private func notAFile(
        _ record: MemberRecord, _ shard: Int, _ column: Int
    ) throws(StoreError) -> StoreError {
        let shards = table?.columns[column].index?.shards
        return StoreError(
            .notAFile, file: shards?[shard].path ?? "", member: try memberPath(column),
            byteOffset: record.offset, reason: TarIndex.refusal(of: record.kind))
    }

    /// A column's path as the list has it; empty if it has none.
    package func path(_ column: Int) throws(StoreError) -> String {
        let cell = cells[column]
        if let spelled = cell.spelled {
            return String(
                decoding: try text(at: spelled.textStart, count: Int(spelled.textCount)),
                as: UTF8.self)
        }
        if let located = cell.located {
            return String(
                decoding: try text(at: located.textStart, count: Int(located.textCount)),
                as: UTF8.self)
        }
        let path = try memberPath(column)
        guard cell.packed.kind == .memberOfNamedShard, let shard = cell.member?.shard,
            let shards = table?.columns[column].index?.shards
        else { return path }
        return shards[shard].stem + "/" + path
    }

    /// What the row says in a column, in one value.
    func reference(_ column: Int) throws(StoreError) -> PathTable.Reference {
        let cell = cells[column]
        if isAbsent(column) { return .absent }
        let path = try path(column)
        if let member = cell.member { return .member(record: member.number, path: path) }
        if cell.located != nil { return .located(path: path) }
        return cell.spelled?.kind == .loose ? .loose(path: path) : .missing(path: path)
    }

    /// The path of a member within its shard.
    private func memberPath(_ column: Int) throws(StoreError) -> String {
        guard let (_, record, shard) = cells[column].member,
            let index = table?.columns[column].index
        else { return "" }
        let start = index.shards[shard].pathBase + UInt64(record.pathStart)
        let bytes = try index.members.use { (file) throws(StoreError) in
            try file.bytes(MemberSection.paths, at: start, count: Int(record.pathCount), texts)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func text(at start: UInt64, count: Int) throws(StoreError) -> [UInt8] {
        guard let table else { return [] }
        return try table.file.use { (file) throws(StoreError) in
            try file.bytes(PathTable.Section.text, at: start, count: count, texts)
        }
    }
}
