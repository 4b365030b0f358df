import RedCapsBase

/// An index file that is built anew, once, when a block of it turns out to be damaged while it is
/// in use.
final class RepairableFile: Sendable {
    let path: String
    private let state: ConditionLock<State>
    private let rebuild: (@Sendable () throws(StoreError) -> BlockFile)?

    private struct State {
        var file: BlockFile
        var wasTried = false
    }

    /// - Parameter rebuild: Makes the same file again; `nil` if that can't be done.
    init(_ file: BlockFile, rebuild: (@Sendable () throws(StoreError) -> BlockFile)? = nil) {
        path = file.path
        state = ConditionLock(State(file: file))
        self.rebuild = rebuild
    }

    func count(_ section: Int) -> UInt64 { state.update { $0.file.count(section) } }

    /// Works with the file, and once more if it was damaged and could be repaired.
    func use<Result>(
        _ body: (BlockFile) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let file = state.update { $0.file }
        do throws(StoreError) {
            return try body(file)
        } catch {
            guard error.code == .damagedIndex, let rebuild else { throw error }
            let repaired = try state.update { (state) throws(StoreError) in
                if state.file === file {
                    guard !state.wasTried else { throw error }
                    state.wasTried = true
                    let new = try rebuild()
                    // Numbers of records that were given out must keep their meaning.
                    guard new.identity == file.identity else { throw error }
                    state.file = new
                }
                return state.file
            }
            return try body(repaired)
        }
    }
}

/// Goes through a section of such a file from front to back, and over a repair.
struct RepairableCursor: ~Copyable {
    private let source: RepairableFile
    private let section: Int
    private var file: BlockFile
    private var cursor: SectionCursor

    init(_ source: RepairableFile, _ section: Int) throws(StoreError) {
        self.source = source
        self.section = section
        file = try source.use { (file) throws(StoreError) in file }
        cursor = file.cursor(section)
    }

    var count: UInt64 { cursor.count }

    /// Lends a record; cheap if it lies near the last one.
    mutating func withRecord<Result>(
        _ record: UInt64, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(StoreError) -> Result {
        try source.use { (file) throws(StoreError) in
            move(to: file)
            return unsafe try cursor.withRecord(record, body)
        }
    }

    /// A piece of a run of bytes.
    mutating func bytes(_ range: Range<UInt64>) throws(StoreError) -> [UInt8] {
        try source.use { (file) throws(StoreError) in
            move(to: file)
            var bytes: [UInt8] = []
            try cursor.append(range, to: &bytes)
            return bytes
        }
    }

    private mutating func move(to file: BlockFile) {
        guard self.file !== file else { return }
        self.file = file
        cursor = file.cursor(section)
    }
}
