import RedCapsBase

extension ExtractionState {
    /// What a finished or ready shard has come to.
    struct Note: Sendable {
        var file: ShardFile
        var setting: String
        var files = 0
        var bytes: UInt64 = 0
        var refused: [StoreError] = []
        /// Files whose place another took: one of the shard itself, or one of it that of another.
        var replaced = Replaced()
        /// The hashes of the names of its files that lie in no folder, sorted.
        var bareNames: [UInt64] = []
        /// What isn't as it should be in it, though nothing is known to be lost.
        var warnings: [StoreError] = []
        /// Whether it could be read to its end; if not, it is read again the next time.
        var isWhole = true
        /// Folders whose mode and time are still to be set.
        var folders: [Unpacked.Folder] = []
    }
}

/// Files that were there and whose place others of the same path have taken.
struct Replaced: Sendable, Equatable {
    private(set) var count: Int
    /// The path of the first.
    private(set) var first: String?

    init(count: Int = 0, first: String? = nil) { (self.count, self.first) = (count, first) }

    mutating func add(_ path: String) { add(Replaced(count: 1, first: path)) }

    mutating func add(_ other: Replaced) {
        count += other.count
        first = first ?? other.first
    }
}

extension PackedBytes {
    mutating func append(_ note: ExtractionState.Note) {
        append(note.file.byteCount, width: 8)
        append(UInt64(bitPattern: note.file.modified), width: 8)
        append(note.setting)
        append(UInt64(note.files), width: 8)
        append(note.bytes, width: 8)
        append(note.isWhole ? 1 : 0, width: 1)
        append(note.refused)
        append(UInt64(note.folders.count), width: 8)
        for folder in note.folders {
            append(folder.path.bytes)
            append(UInt64(folder.mode), width: 4)
            append(UInt64(bitPattern: Int64(folder.time.seconds)), width: 8)
            append(UInt64(folder.time.nanoseconds), width: 8)
        }
        append(UInt64(note.replaced.count), width: 8)
        append(note.replaced.first ?? "")
        append(UInt64(note.bareNames.count), width: 8)
        for name in note.bareNames { append(name, width: 8) }
        append(note.warnings)
    }
}

extension ExtractionState.Note {
    /// Reads a note of the versions before `JobState`: the same, but for a version.
    init?(version1 bytes: [UInt8], _ shard: String, of tar: String) {
        guard bytes.count > 8 else { return nil }
        var end = PackedReader(Array(bytes.suffix(8)))
        let body = Array(bytes.dropLast(8))
        guard end.number(8) == XXH64.hash(body) else { return nil }
        var reader = PackedReader(body)
        guard let note = reader.note(shard, of: tar) else { return nil }
        self = note
    }
}

extension PackedReader {
    /// - Returns: `nil` for bytes that aren't those of a note.
    mutating func note(_ shard: String, of tar: String) -> ExtractionState.Note? {
        guard let size = number(8), let time = number(8), let setting = string(),
            let files = number(8), let byteCount = number(8), let isWhole = number(1),
            let refused = errors(of: tar)
        else { return nil }
        let stamp = FileStamp(byteCount: size, modified: Int64(bitPattern: time))
        var note = ExtractionState.Note(
            file: ShardFile(shard, stamp), setting: setting, files: Int(clamping: files),
            bytes: byteCount, refused: refused, isWhole: isWhole == 1)
        guard let folders = number(8) else { return nil }
        for _ in 0..<folders {
            guard let path = text().flatMap({ MemberPath(bytes: $0) }), let mode = number(4),
                let seconds = number(8), let nanoseconds = number(8), nanoseconds < 1_000_000_000
            else { return nil }
            let time = FileTime(
                seconds: Int(Int64(bitPattern: seconds)), nanoseconds: Int(nanoseconds))
            note.folders.append(
                Unpacked.Folder(path: path, mode: mode_t(truncatingIfNeeded: mode), time: time))
        }
        // What follows, earlier builds didn't note.
        guard let replaced = number(8), let first = string(), let names = number(8) else {
            return note
        }
        note.replaced = Replaced(
            count: Int(clamping: replaced), first: first.isEmpty ? nil : first)
        for _ in 0..<names {
            guard let name = number(8) else { return nil }
            note.bareNames.append(name)
        }
        note.warnings = errors(of: tar) ?? []
        return note
    }
}
