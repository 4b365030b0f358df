import RedCapsBase

/// Moves whole shards into the destination, one at a time.
final class ShardPlacement: Sendable {
    private let extraction: Extraction
    private let state: ExtractionState
    /// The names in the destination, for all shards that go right into it.
    private let inPlace: ConditionLock<NamesInPlace?>
    private let owners: NameOwners

    init(_ extraction: Extraction, _ state: ExtractionState) {
        (self.extraction, self.state) = (extraction, state)
        owners = NameOwners(state)
        inPlace = Self.names(extraction.options)
    }

    private static func names(_ options: Extraction.Options) -> ConditionLock<NamesInPlace?> {
        ConditionLock(options.isCaseSensitive ? nil : NamesInPlace())
    }

    /// Moves a shard into place, unless it is there already, and notes that.
    /// - Returns: What it has come to.
    func place(_ staged: StagedShard) throws -> ExtractionState.Note {
        let tar = extraction.shards[staged.number]
        let name = FilePath.name(of: tar)
        let note = staged.isKept ? staged.note : try move(staged, tar, name)
        try Disk.remove(state.path(name, "begun"))
        try Disk.remove(state.path(name, "lock"))
        return note
    }

    private func move(
        _ staged: StagedShard, _ tar: String, _ name: String
    ) throws -> ExtractionState.Note {
        var note = staged.note
        let source = state.path(name, "commit")
        let target = try target(name)
        let entries = try FolderEntries(source)
        if let owner = try owners.owner(of: entries, in: target, name, extraction.options) {
            note.refused.append(owner.refusal(of: tar))
            (note.isWhole, note.files, note.bytes) = (false, 0, 0)
            try FolderEntries.removeTree(source)
            try Disk.remove(state.path(name, "ready"))
            return note
        }
        // Nobody else moves at the same time.
        let names =
            extraction.options.layout == .perShard ? Self.names(extraction.options) : inPlace
        try names.update { (names) throws(StoreError) in
            try entries.moveAll(into: FolderEntries(target), &names) { path in
                note.replaced.add(path)
            } refuse: { path, reason in
                note.refused.append(.refusal(reason, tar, Array(path.utf8), nil))
            }
        }
        try setFolders(staged.folders, in: target)
        try FolderEntries.removeTree(source)
        guard note.isWhole else {
            try Disk.remove(state.path(name, "ready"))
            return note
        }
        try state.write(note, name)
        try Disk.rename(state.path(name, "ready"), to: state.path(name, "done"))
        return note
    }

    private func target(_ name: String) throws(StoreError) -> String {
        guard extraction.options.layout == .perShard else { return extraction.destination }
        let folder = extraction.destination + "/" + ShardName.stem(name)
        try Disk.makeFolder(folder)
        return folder
    }

    /// Gives folders their modes and times, the deepest first.
    private func setFolders(_ folders: [Unpacked.Folder], in target: String) throws {
        guard !folders.isEmpty else { return }
        var last: [[UInt8]: Unpacked.Folder] = [:]
        for folder in folders { last[folder.path.bytes] = folder }
        let root = try StagingFolder(target)
        let depth = { (path: MemberPath) in path.bytes.count { $0 == UInt8(ascii: "/") } }
        for folder in last.values.sorted(by: { depth($0.path) > depth($1.path) }) {
            do {
                try root.finishFolder(folder.path, mode: folder.mode, time: folder.time)
            } catch is Refused {
                continue  // a file has stayed in its place, which was told
            }
        }
    }
}
