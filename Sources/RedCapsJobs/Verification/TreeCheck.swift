import RedCapsBase
import RedCapsCore
import RedCapsTar

/// Looks for the files of a list in an unpacked tree without tars, and for files of the tree that the
/// list doesn't name. Eight bytes are kept for each path of the list.
struct TreeCheck {
    private let samples: SampleIndex
    /// The parts of a sample whose files lie in the tree.
    private let columns: [Int]
    private let tree: FolderStore
    private var named: [UInt64] = []

    /// What was seen of some samples.
    struct Part: Sendable {
        var findings: [Finding] = []
        var named: [UInt64] = []
    }

    init(_ samples: SampleIndex, _ columns: [Int], in folder: String) {
        (self.samples, self.columns, tree) = (samples, columns, FolderStore(folder))
    }

    /// Looks for the files of some samples, on the calling thread.
    func look(_ range: Range<Int>) -> Part {
        var part = Part()
        let lookup = RowLookup()
        for row in range {
            for column in columns {
                do throws(StoreError) {
                    let reference = try samples.table.reference(row: row, column: column, lookup)
                    if case .absent = reference { continue }
                    part.named.append(Self.hash(reference.path))
                    _ = try tree.locate(reference.path)
                } catch {
                    part.findings.append(finding(error, row, column))
                }
            }
        }
        return part
    }

    private func finding(_ error: StoreError, _ row: Int, _ column: Int) -> Finding {
        let kind: Finding.Kind =
            switch error.code {
            case .missing: column == 0 ? .missingImage : .missingAnnotation
            case .notAFile: .notAFile
            default: .unsafePath
            }
        return Finding(kind, member: error.member, sample: row, error.reason)
    }

    /// By the bytes of the path as it is served, without `.` and doubled slashes.
    private static func hash(_ path: String) -> UInt64 {
        XXH64.hash(MemberPath(bytes: Array(path.utf8))?.bytes ?? Array(path.utf8))
    }

    mutating func add(_ part: Part) { named += part.named }

    /// Calls `body` with each file that the list doesn't name.
    /// - Returns: How many files there are.
    mutating func orphans(
        _ cancellation: Cancellation, _ body: (Finding) throws -> Void
    ) throws -> Int {
        named.sort()
        var count = 0
        try tree.forEachFile(cancellation) { path in
            count += 1
            let hash = Self.hash(path)
            let place = named.partitionPoint { $0 >= hash }
            guard place == named.count || named[place] != hash else { return }
            try body(Finding(.orphan, member: path, "the list doesn't name it"))
        }
        return count
    }
}
