import RedCapsBase

/// One run: threads begin shards, help with pieces of the last ones, and move what is whole into
/// place in the order of the shards.
final class ExtractionRun: Sendable {
    /// How many shards may be unpacked ahead of one that isn't in place yet; each keeps a file
    /// open.
    private static let lookAhead = 24

    private let extraction: Extraction
    private let cancellation: Cancellation
    private let state = ConditionLock(State())

    private struct State {
        var nextShard = 0
        var nextPlaced = 0
        var isPlacing = false
        /// Shards that several threads work on.
        var shared: [Int: SharedShard] = [:]
        /// Shards that are whole, or needn't be touched.
        var staged: [Int: StagedShard] = [:]
        var failure: StoreError?
        var running = 0
        var progress = Extraction.Progress()
        var report = Extraction.Report()
    }

    private enum Task {
        case begin(Int)
        case piece(Int, SplitShard, Range<Int>)
        case place(StagedShard)
    }

    init(_ extraction: Extraction, _ cancellation: Cancellation) {
        self.extraction = extraction
        self.cancellation = cancellation
    }

    func run(
        _ report: (Extraction.Progress) -> Void
    ) throws(StoreError) -> Extraction.Report {
        try Disk.makeFolder(extraction.destination)
        guard Disk.canWrite(in: extraction.destination) else {
            throw .system(extraction.destination, "write")
        }
        let places = try ExtractionState(of: extraction.destination)
        let placement = ShardPlacement(extraction, places)
        state.update { state in
            state.progress.totalShards = extraction.shards.count
            state.progress.totalBytes = extraction.shards.reduce(0) {
                $0 + UInt64(Disk.size(of: $1) ?? 0)
            }
        }
        let started = WorkerThread.start(extraction.options.jobs) { [self] in
            work(places, placement)
        }
        state.update { $0.running += max(started, 1) }
        // Without a single thread this one works; it is told of nothing meanwhile.
        if started == 0 { work(places, placement) }
        observe(report)
        let end = state.update { $0 }
        if let failure = end.failure { throw failure }
        do throws(StoreError) { try cancellation.check(extraction.destination) } catch {
            throw error.and(end.report.refused)
        }
        report(end.progress)
        return end.report
    }

    /// Tells of the progress until all threads have ended, ten times a second even if there is
    /// none: whoever is told may want the run to end.
    private func observe(_ report: (Extraction.Progress) -> Void) {
        while state.wait(atMost: 100, for: { $0.running == 0 ? () : nil }) == nil {
            report(state.update { $0.progress })
        }
    }

    // MARK: Threads

    private func work(_ places: ExtractionState, _ placement: ShardPlacement) {
        while let task = take() {
            do {
                switch task {
                case .begin(let number): try begin(number, places)
                case .piece(let number, let shard, let piece):
                    try unpack(number, shard, piece, places)
                case .place(let staged): finish(staged, try placement.place(staged))
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
            if !state.isPlacing, let staged = state.staged.removeValue(forKey: state.nextPlaced) {
                state.isPlacing = true
                return .place(staged)
            }
            if state.nextShard < count, state.nextShard < state.nextPlaced + Self.lookAhead {
                defer { state.nextShard += 1 }
                return .begin(state.nextShard)
            }
            let longest = state.shared.max { $0.value.piecesLeft < $1.value.piecesLeft }
            if let longest, let piece = state.shared[longest.key]?.takePiece() {
                return .piece(longest.key, longest.value.shard, piece)
            }
            return state.nextPlaced == count ? .some(nil) : nil
        }
    }

    private func finish(_ staged: StagedShard, _ note: ExtractionState.Note) {
        state.update { state in
            state.isPlacing = false
            state.nextPlaced += 1
            state.progress.shards += 1
            if staged.isKept { state.progress.bytes += note.file.byteCount }
            state.report.shards += note.isWhole ? 1 : 0
            state.report.kept += staged.isKept ? 1 : 0
            state.report.files += note.files
            state.report.bytes += note.bytes
            state.report.refused += note.refused
            state.report.warnings += note.warnings
            state.report.replaced += note.replaced.count
            if state.report.firstReplaced == nil {
                state.report.firstReplaced = note.replaced.first
            }
        }
    }

    // MARK: Unpacking

    private func begin(_ number: Int, _ places: ExtractionState) throws {
        let tar = extraction.shards[number]
        let name = FilePath.name(of: tar)
        let lock = try places.lock(name, cancellation)
        let file = ShardFile(name, path: tar)
        if let staged = try resumed(number, file, lock, places) { return stage(staged) }
        let listing = ShardListing(path: tar, cancellation: cancellation)
        try cancellation.check(tar)
        let staged = StagedShard(
            number: number, lock: lock,
            note: ExtractionState.Note(
                file: listing.stamp.map(file.with) ?? file, setting: extraction.options.setting))
        try places.begin(staged.note.file, extraction.options.setting)
        let isCaseSensitive = extraction.options.isCaseSensitive
        if let shard = SplitShard(listing, path: tar, isCaseSensitive: isCaseSensitive) {
            try share(SharedShard(shard, staged, listing), places)
        } else {
            let shard = StreamedShard(
                path: tar, listing: listing, isCaseSensitive: isCaseSensitive)
            try unpack(shard, staged, places)
        }
    }

    /// A shard that an earlier run has put into place, or had whole when it was stopped.
    private func resumed(
        _ number: Int, _ file: ShardFile, _ lock: FileLock?, _ places: ExtractionState
    ) throws -> StagedShard? {
        let (tar, setting) = (extraction.shards[number], extraction.options.setting)
        if let note = places.note(file.name, "done", of: tar), note.file == file,
            note.setting == setting
        {
            return StagedShard(number: number, lock: lock, note: note, isKept: true)
        }
        guard Disk.exists(places.path(file.name, "commit")) else { return nil }
        if let note = places.note(file.name, "ready", of: tar), note.file == file,
            note.setting == setting
        {
            return StagedShard(number: number, lock: lock, note: note, folders: note.folders)
        }
        try FolderEntries.removeTree(places.path(file.name, "commit"))
        return nil
    }

    /// Lets several threads work on a shard, this one among them.
    private func share(_ shared: SharedShard, _ places: ExtractionState) throws {
        let number = shared.staged.number
        _ = try StagingFolder(places.path(FilePath.name(of: shared.shard.path), "staging"))
        state.update { $0.shared[number] = shared }
        if shared.isFinished { return try finish(shared, places) }
        while let piece = state.update({ $0.shared[number]?.takePiece() }) {
            try unpack(number, shared.shard, piece, places)
        }
    }

    private func unpack(
        _ number: Int, _ shard: SplitShard, _ piece: Range<Int>, _ places: ExtractionState
    ) throws {
        let file = try OpenFile(shard.path)
        let reader = ShardReader(file)
        let name = FilePath.name(of: shard.path)
        let folder = try StagingFolder(places.path(name, "staging"))
        let unpacked = try shard.unpack(piece, reader, into: folder, cancellation)
        guard try file.stamp() == shard.stamp else { throw Self.changed(shard.path) }
        let finished = state.update { state -> SharedShard? in
            state.progress.files += unpacked.files
            state.progress.bytes += unpacked.bytes
            state.shared[number]?.finish(unpacked)
            return state.shared[number].flatMap { $0.isFinished ? $0 : nil }
        }
        if let finished { try finish(finished, places) }
    }

    private static func changed(_ shard: String) -> StoreError {
        StoreError(
            .changed, file: shard,
            reason: "was changed while it was unpacked; run again when nobody writes to it")
    }

    private func finish(_ shared: SharedShard, _ places: ExtractionState) throws {
        var staged = shared.staged
        let unpacked = shared.unpacked
        state.update { state in
            state.shared[staged.number] = nil
            state.progress.bytes +=
                max(staged.note.file.byteCount, unpacked.bytes) - unpacked.bytes
        }
        staged.finish(
            unpacked, isWhole: !unpacked.refused.contains { $0.code != .refused })
        try stage(whole: staged, places)
    }

    /// Unpacks a shard whose members depend on their order, on this thread alone.
    private func unpack(
        _ shard: StreamedShard, _ staged: StagedShard, _ places: ExtractionState
    ) throws {
        var (staged, seen) = (staged, UInt64(0))
        let folder = try StagingFolder(places.path(FilePath.name(of: shard.path), "staging"))
        let (found, failure) = try shard.unpack(into: folder, cancellation) { position in
            guard position > seen + 1 << 22 else { return }
            state.update { $0.progress.bytes += position - seen }
            seen = position
        }
        guard failure != nil || FileStamp(of: shard.path) == staged.note.file.stamp else {
            throw Self.changed(shard.path)
        }
        var unpacked = found
        if let failure { unpacked.refused.append(failure) }
        state.update { [staged, unpacked, seen] state in
            state.progress.files += unpacked.files
            state.progress.bytes += max(seen, staged.note.file.byteCount) - seen
        }
        staged.finish(unpacked, isWhole: failure == nil)
        try stage(whole: staged, places)
    }

    /// Notes that a shard is whole, from when on a run that is stopped needn't unpack it again.
    private func stage(whole staged: StagedShard, _ places: ExtractionState) throws {
        let name = FilePath.name(of: extraction.shards[staged.number])
        var staged = staged
        staged.note.bareNames = try FolderEntries(places.path(name, "staging")).fileNames()
            .map { XXH64.hash($0) }.sorted()
        try places.write(staged.note, name)
        try Disk.rename(places.path(name, "staging"), to: places.path(name, "commit"))
        stage(staged)
    }

    private func stage(_ staged: StagedShard) {
        state.update { $0.staged[staged.number] = staged }
    }
}
