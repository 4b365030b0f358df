import RedCapsBase

/// One run: threads begin shards, help with pieces of the last ones, and move what is whole into
/// place in the order of the shards.
final class ExtractionRun: Sendable {
    /// How many shards may be unpacked ahead of one that isn't in place yet; each keeps a file open.
    private static let lookAhead = 24

    private let extraction: Extraction
    private let cancellation: Cancellation
    private let state = ConditionLock(State())
    private let inPlace: ConditionLock<NamesInPlace?>

    private struct State {
        var nextShard = 0
        var nextCommit = 0
        var isCommitting = false
        /// Shards that several threads work on.
        var split: [Int: Split] = [:]
        /// Shards that are whole, or needn't be touched.
        var staged: [Int: Staged] = [:]
        var failure: StoreError?
        var running = 0
        var progress = Extraction.Progress()
        var report = Extraction.Report()
    }

    /// A shard that several threads work on.
    private struct Split {
        let shard: SplitShard
        let staged: Staged
        var nextPiece = 0
        var unfinished: Int
        var unpacked = Unpacked()

        var piecesLeft: Int { shard.pieces.count - nextPiece }

        mutating func takePiece() -> Range<Int>? {
            guard nextPiece < shard.pieces.count else { return nil }
            defer { nextPiece += 1 }
            return shard.pieces[nextPiece]
        }
    }

    /// A shard on its way into place.
    private struct Staged: Sendable {
        let number: Int
        let lock: FileLock?
        var note: ExtractionState.Note
        var folders: [Unpacked.Folder] = []
        /// Whether an earlier run has put it into place.
        var isDone = false
    }

    private enum Task {
        case begin(Int)
        case piece(Int, SplitShard, Range<Int>)
        case commit(Staged)
    }

    init(_ extraction: Extraction, _ cancellation: Cancellation) {
        self.extraction = extraction
        self.cancellation = cancellation
        inPlace = Self.namesInPlace(extraction.options)
    }

    private static func namesInPlace(_ options: Extraction.Options) -> ConditionLock<NamesInPlace?>
    {
        ConditionLock(options.isCaseSensitive ? nil : NamesInPlace())
    }

    func run(
        _ report: (Extraction.Progress) -> Void
    ) throws(StoreError) -> Extraction.Report {
        try Disk.makeFolder(extraction.destination)
        guard Disk.canWrite(in: extraction.destination) else {
            throw .system(extraction.destination, "write")
        }
        let places = try ExtractionState(of: extraction.destination)
        state.update { state in
            state.progress.totalShards = extraction.shards.count
            state.progress.totalBytes = extraction.shards.reduce(0) {
                $0 + UInt64(Disk.size(of: $1) ?? 0)
            }
        }
        let started = WorkerThread.start(extraction.options.jobs) { [self] in work(places) }
        state.update { $0.running += started }
        // Without a single thread this one works; it is told of nothing meanwhile.
        if started == 0 {
            state.update { $0.running += 1 }
            work(places)
        }
        observe(report)
        let end = state.update { $0 }
        if let failure = end.failure { throw failure }
        try cancellation.check(extraction.destination)
        report(end.progress)
        return end.report
    }

    /// Tells of the progress until all threads have ended, ten times a second even if there is none:
    /// whoever is told may want the run to end.
    private func observe(_ report: (Extraction.Progress) -> Void) {
        while state.wait(atMost: 100, for: { $0.running == 0 ? () : nil }) == nil {
            report(state.update { $0.progress })
        }
    }

    // MARK: Threads

    private func work(_ places: ExtractionState) {
        while let task = take() {
            do {
                switch task {
                case .begin(let number): try begin(number, places)
                case .piece(let number, let shard, let piece):
                    try unpack(number, shard, piece, places)
                case .commit(let staged): try commit(staged, places)
                }
            } catch {
                let failure =
                    error as? StoreError
                    ?? StoreError(.system, file: extraction.destination, reason: "\(error)")
                state.update { state in
                    if state.failure == nil { state.failure = failure }
                }
            }
        }
        state.update { $0.running -= 1 }
    }

    /// The next thing to do; `nil` when there is nothing left or the run must end.
    private func take() -> Task? {
        let count = extraction.shards.count
        return state.wait { state -> Task?? in
            if state.failure != nil || cancellation.isCancelled { return .some(nil) }
            if !state.isCommitting, let staged = state.staged.removeValue(forKey: state.nextCommit)
            {
                state.isCommitting = true
                return .commit(staged)
            }
            if state.nextShard < count, state.nextShard < state.nextCommit + Self.lookAhead {
                defer { state.nextShard += 1 }
                return .begin(state.nextShard)
            }
            let longest = state.split.max { $0.value.piecesLeft < $1.value.piecesLeft }
            if let longest, let piece = state.split[longest.key]?.takePiece() {
                return .piece(longest.key, longest.value.shard, piece)
            }
            return state.nextCommit == count ? .some(nil) : nil
        }
    }

    // MARK: Steps

    private func begin(_ number: Int, _ places: ExtractionState) throws {
        let tar = extraction.shards[number]
        let name = Self.name(of: tar)
        let lock = try places.lock(name, cancellation)
        let file = ShardFile(name, path: tar)
        let setting = extraction.options.setting
        if let note = places.note(name, "done", of: tar), note.file == file,
            note.setting == setting
        {
            var staged = Staged(number: number, lock: lock, note: note)
            staged.isDone = true
            return stage(staged)
        }
        if Disk.exists(places.path(name, "commit")) {
            if let note = places.note(name, "ready", of: tar), note.setting == setting {
                // It was whole when a run was stopped while it moved it.
                return stage(
                    Staged(number: number, lock: lock, note: note, folders: note.folders))
            }
            try FolderEntries.removeTree(places.path(name, "commit"))
        }
        let listing = ShardListing(path: tar, cancellation: cancellation)
        try cancellation.check(tar)
        let staged = Staged(
            number: number, lock: lock,
            note: ExtractionState.Note(
                file: listing.stamp.map(file.with) ?? file, setting: setting))
        let staging = places.path(name, "staging")
        if let shard = SplitShard(
            listing, path: tar, isCaseSensitive: extraction.options.isCaseSensitive)
        {
            var split = Split(shard: shard, staged: staged, unfinished: shard.pieces.count)
            split.unpacked.refused = shard.refused
            if let failure = listing.failure { split.unpacked.refused.append(failure) }
            _ = try StagingFolder(staging)
            let isEmpty = shard.pieces.isEmpty
            let begun = split
            state.update { $0.split[number] = begun }
            if isEmpty { return try finish(begun, places) }
            while let piece = state.update({ $0.split[number]?.takePiece() }) {
                try unpack(number, shard, piece, places)
            }
            return
        }
        let shard = StreamedShard(
            path: tar, isCaseSensitive: extraction.options.isCaseSensitive)
        var seen: UInt64 = 0
        let (unpacked, failure) = try shard.unpack(
            into: StagingFolder(staging), cancellation
        ) { position in
            guard position > seen + 1 << 22 else { return }
            state.update { $0.progress.bytes += position - seen }
            seen = position
        }
        var whole = unpacked
        if let failure { whole.refused.append(failure) }
        state.update { state in
            state.progress.files += whole.files
            state.progress.bytes += max(seen, staged.note.file.byteCount) - seen
        }
        try finish(
            staged, whole, isWhole: failure == nil, places)
    }

    private func unpack(
        _ number: Int, _ shard: SplitShard, _ piece: Range<Int>, _ places: ExtractionState
    ) throws {
        let reader = ShardReader(try OpenFile(shard.path))
        let folder = try StagingFolder(places.path(Self.name(of: shard.path), "staging"))
        let unpacked = try shard.unpack(piece, reader, into: folder, cancellation)
        let finished = state.update { state -> Split? in
            state.progress.files += unpacked.files
            state.progress.bytes += unpacked.bytes
            state.split[number]?.unpacked.add(unpacked)
            state.split[number]?.unfinished -= 1
            guard state.split[number]?.unfinished == 0 else { return nil }
            return state.split[number]
        }
        if let finished { try finish(finished, places) }
    }

    private func finish(_ split: Split, _ places: ExtractionState) throws {
        let shard = split.staged.note.file.byteCount
        state.update { state in
            state.split[split.staged.number] = nil
            state.progress.bytes += max(shard, split.unpacked.bytes) - split.unpacked.bytes
        }
        try finish(
            split.staged, split.unpacked,
            isWhole: !split.unpacked.refused.contains { $0.code != .refused }, places)
    }

    /// Marks a shard as whole.
    private func finish(
        _ staged: Staged, _ unpacked: Unpacked, isWhole: Bool, _ places: ExtractionState
    ) throws {
        var staged = staged
        staged.note.files = unpacked.files
        staged.note.bytes = unpacked.bytes
        staged.note.refused = unpacked.refused.sorted {
            ($0.byteOffset ?? 0) < ($1.byteOffset ?? 0)
        }
        staged.note.isWhole = isWhole
        staged.note.folders = unpacked.folders
        staged.folders = unpacked.folders
        let name = Self.name(of: extraction.shards[staged.number])
        try places.write(staged.note, name)
        try Disk.rename(places.path(name, "staging"), to: places.path(name, "commit"))
        stage(staged)
    }

    private func stage(_ staged: Staged) {
        state.update { $0.staged[staged.number] = staged }
    }

    /// Moves a whole shard into place.
    private func commit(_ staged: Staged, _ places: ExtractionState) throws {
        var note = staged.note
        let tar = extraction.shards[staged.number]
        let name = Self.name(of: tar)
        if !staged.isDone {
            let source = places.path(name, "commit")
            let target = try target(of: tar)
            let entries = try FolderEntries(source)
            // Nobody else commits at the same time.
            let names =
                extraction.options.layout == .perShard
                ? Self.namesInPlace(extraction.options) : inPlace
            try names.update { (names) throws(StoreError) in
                try entries.moveAll(into: FolderEntries(target), &names) { path, reason in
                    note.refused.append(.refusal(reason, tar, Array(path.utf8), nil))
                }
            }
            try setFolders(staged.folders, in: target)
            try FolderEntries.removeTree(source)
            if note.isWhole {
                try places.write(note, name)
                try Disk.rename(places.path(name, "ready"), to: places.path(name, "done"))
            } else {
                try Disk.remove(places.path(name, "ready"))
            }
        }
        try Disk.remove(places.path(name, "lock"))
        state.update { state in
            state.isCommitting = false
            state.nextCommit += 1
            state.progress.shards += 1
            if staged.isDone { state.progress.bytes += note.file.byteCount }
            state.report.shards += note.isWhole ? 1 : 0
            state.report.skipped += staged.isDone ? 1 : 0
            state.report.files += note.files
            state.report.bytes += note.bytes
            state.report.refused += note.refused
        }
    }

    private func target(of tar: String) throws(StoreError) -> String {
        guard extraction.options.layout == .perShard else { return extraction.destination }
        let folder = extraction.destination + "/" + ShardName.stem(Self.name(of: tar))
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

    private static func name(of tar: String) -> String { FilePath.name(of: tar) }
}
