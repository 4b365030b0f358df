import RedCapsBase

/// What is known of the shards of a destination: a folder beside it, with for each shard
///
/// - `NAME.begun`, which state of it is being unpacked,
/// - `NAME.staging`, a folder into which it is being unpacked,
/// - `NAME.commit`, the same folder once it is whole, whose contents are being moved into place,
/// - `NAME.ready`, what there is to say of it, which becomes `NAME.done` when all is in place,
/// - `NAME.lock`, locked by whoever works on it.
struct ExtractionState: Sendable {
    private let records: JobState
    var folder: String { records.folder }

    /// Where the state of a destination lies.
    static func folder(beside destination: String) -> String {
        FilePath.withoutSlashes(FilePath.real(destination) ?? destination) + ".extracting"
    }

    /// Makes the folder of a destination that is there.
    /// - Throws: `StoreError` if it can't be made, or can't be moved from.
    init(of destination: String) throws(StoreError) {
        let folder = Self.folder(beside: destination)
        records = JobState(folder, job: "extract")
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

    func path(_ shard: String, _ suffix: String) -> String {
        records.path("\(shard).\(suffix)")
    }

    /// Waits for the right to work on a shard.
    /// - Returns: `nil` where the file system knows no locks.
    func lock(_ shard: String, _ cancellation: Cancellation) throws(StoreError) -> FileLock? {
        try FileLock.wait(for: path(shard, "lock"), cancellation)
    }

    /// Begins to unpack a shard: what an earlier run has unpacked of another state of it goes.
    func begin(_ file: ShardFile, _ setting: String) throws(StoreError) {
        let name = "\(file.name).begun"
        var body = PackedBytes()
        body.append(file.byteCount, width: 8)
        body.append(UInt64(bitPattern: file.modified), width: 8)
        body.append(setting)
        if case .current(var reader) = records.read(name), reader.number(8) == file.byteCount,
            reader.number(8) == UInt64(bitPattern: file.modified), reader.string() == setting
        {
            return
        }
        try FolderEntries.removeTree(path(file.name, "staging"))
        try records.write(body, as: name)
    }

    func write(_ note: Note, _ shard: String) throws(StoreError) {
        var body = PackedBytes()
        body.append(note)
        try records.write(body, as: "\(shard).ready")
    }

    /// Reads a note; `nil` if there is none that is sound.
    func note(_ shard: String, _ suffix: String, of tar: String) -> Note? {
        switch records.read("\(shard).\(suffix)") {
        case .current(var reader): reader.note(shard, of: tar)
        case .older(let bytes): Note(version1: bytes, shard, of: tar)
        case nil: nil
        }
    }
}

extension Extraction.Options {
    /// What a finished shard depends on.
    var setting: String { "\(layout.rawValue) \(isCaseSensitive)" }
}
