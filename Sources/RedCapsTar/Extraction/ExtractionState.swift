import RedCapsBase

/// What is known of the shards of a destination: a folder beside it, with for each shard
///
/// - `NAME.staging`, a folder into which it is being unpacked,
/// - `NAME.commit`, the same folder once it is whole, whose contents are being moved into place,
/// - `NAME.ready`, what there is to say of it, which becomes `NAME.done` when all is in place,
/// - `NAME.lock`, locked by whoever works on it.
struct ExtractionState: Sendable {
    let folder: String

    /// Where the state of a destination lies.
    static func folder(beside destination: String) -> String {
        var path = FilePath.real(destination) ?? destination
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path + ".extracting"
    }

    /// Makes the folder of a destination that is there.
    /// - Throws: `StoreError` if it can't be made, or can't be moved from.
    init(of destination: String) throws(StoreError) {
        folder = Self.folder(beside: destination)
        do throws(StoreError) { try Disk.makeFolder(folder) } catch {
            throw StoreError(
                error.code, file: folder,
                reason: error.reason + "; it holds what isn't whole yet, beside the destination")
        }
        guard System.identity(of: folder)?.device == System.identity(of: destination)?.device else {
            throw StoreError(
                .invalid, file: destination,
                reason: "the folder that it lies in is on another file system, from which nothing "
                    + "can be moved into place; unpack into a folder within it")
        }
    }

    func path(_ shard: String, _ suffix: String) -> String { "\(folder)/\(shard).\(suffix)" }

    /// Waits for the right to work on a shard.
    /// - Returns: `nil` where the file system knows no locks.
    func lock(_ shard: String, _ cancellation: Cancellation) throws(StoreError) -> FileLock? {
        try FileLock.wait(for: path(shard, "lock"), cancellation)
    }

    /// What a finished or ready shard has come to.
    struct Note: Sendable {
        var file: ShardFile
        var setting: String
        var files = 0
        var bytes: UInt64 = 0
        var refused: [StoreError] = []
        /// Whether it could be read to its end; if not, it is read again the next time.
        var isWhole = true
        /// Folders whose mode and time are still to be set.
        var folders: [Unpacked.Folder] = []
    }

    func write(_ note: Note, _ shard: String) throws(StoreError) {
        var bytes = PackedBytes()
        bytes.append(note.file.byteCount, width: 8)
        bytes.append(UInt64(bitPattern: note.file.modified), width: 8)
        bytes.append(note.setting)
        bytes.append(UInt64(note.files), width: 8)
        bytes.append(note.bytes, width: 8)
        bytes.append(note.isWhole ? 1 : 0, width: 1)
        bytes.append(UInt64(note.refused.count), width: 8)
        for refusal in note.refused {
            bytes.append(refusal.code.description)
            bytes.append(refusal.member ?? "")
            bytes.append(refusal.byteOffset ?? .max, width: 8)
            bytes.append(refusal.reason)
        }
        bytes.append(UInt64(note.folders.count), width: 8)
        for folder in note.folders {
            bytes.append(folder.path.bytes)
            bytes.append(UInt64(folder.mode), width: 4)
            bytes.append(UInt64(bitPattern: Int64(folder.time.seconds)), width: 8)
            bytes.append(UInt64(folder.time.nanoseconds), width: 8)
        }
        bytes.append(XXH64.hash(bytes.bytes), width: 8)
        try Disk.write(bytes.bytes, to: path(shard, "ready"))
    }

    /// Reads a note; `nil` if there is none that is sound.
    func note(_ shard: String, _ suffix: String, of tar: String) -> Note? {
        guard let bytes = try? OpenFile.contents(of: path(shard, suffix)), bytes.count > 8 else {
            return nil
        }
        var end = PackedReader(Array(bytes.suffix(8)))
        let body = Array(bytes.dropLast(8))
        guard end.number(8) == XXH64.hash(body) else { return nil }
        var reader = PackedReader(body)
        guard let size = reader.number(8), let time = reader.number(8),
            let setting = reader.string(), let files = reader.number(8),
            let byteCount = reader.number(8), let isWhole = reader.number(1),
            let count = reader.number(8)
        else { return nil }
        var note = Note(
            file: ShardFile(
                shard, FileStamp(byteCount: size, modified: Int64(bitPattern: time))),
            setting: setting, files: Int(clamping: files), bytes: byteCount,
            isWhole: isWhole == 1)
        for _ in 0..<count {
            guard let code = reader.string(), let member = reader.string(),
                let offset = reader.number(8), let reason = reader.string()
            else { return nil }
            note.refused.append(
                StoreError(
                    StoreError.Code(code), file: tar, member: member.isEmpty ? nil : member,
                    byteOffset: offset == .max ? nil : offset, reason: reason))
        }
        guard let folders = reader.number(8) else { return nil }
        for _ in 0..<folders {
            guard let path = reader.text().flatMap({ MemberPath(bytes: $0) }),
                let mode = reader.number(4), let seconds = reader.number(8),
                let nanoseconds = reader.number(8), nanoseconds < 1_000_000_000
            else { return nil }
            note.folders.append(
                Unpacked.Folder(
                    path: path, mode: mode_t(truncatingIfNeeded: mode),
                    time: FileTime(
                        seconds: Int(Int64(bitPattern: seconds)), nanoseconds: Int(nanoseconds))))
        }
        return note
    }
}

extension Extraction.Options {
    /// What a finished shard depends on.
    var setting: String { "\(layout.rawValue) \(isCaseSensitive)" }
}
