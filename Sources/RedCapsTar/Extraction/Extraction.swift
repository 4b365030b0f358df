public import RedCapsBase

/// Unpacks the tars of a folder as `tar -xf --no-same-owner` over their sorted list does: in
/// parallel, from where an earlier run was stopped, and without ever showing half a file.
///
/// Each shard is unpacked into a staging folder beside the destination and moved into place when it
/// is whole, in the order of the shards, so that of files with the same path the last one stays.
/// What is hostile in an archive is refused, member by member, and the rest goes on.
public struct Extraction: Sendable {
    /// Where the members of a shard go.
    public enum Layout: String, Sendable, CaseIterable {
        /// Right into the destination.
        case inPlace = "in-place"
        /// Into a folder named as the shard, without `.tar`.
        case perShard = "per-shard"
    }

    /// What to unpack, and how. Checked when it is made.
    public struct Options: Sendable {
        /// Where members go.
        public let layout: Layout
        /// Threads.
        public let jobs: Int
        /// The first shard of the sorted list.
        public let start: Int
        /// The shard after the last one; `nil` for all.
        public let end: Int?
        /// Of these, every `of`-th, beginning with the one at `at`.
        public let share: (at: Int, of: Int)
        /// Whether names that differ in case or Unicode form only are kept apart. By default the
        /// later one is refused: on many file systems it would replace the other.
        public let isCaseSensitive: Bool

        /// Chooses options.
        /// - Throws: `StoreError` with the offending number.
        public init(
            layout: Layout = .inPlace, jobs: Int? = nil, start: Int = 0, end: Int? = nil,
            share: (at: Int, of: Int) = (0, 1), isCaseSensitive: Bool = false
        ) throws(StoreError) {
            func refused(_ reason: String) -> StoreError {
                StoreError(.invalid, file: "extract", reason: reason)
            }
            if let jobs, !(1...1024).contains(jobs) {
                throw refused("\(jobs) jobs isn't in 1 ... 1024")
            }
            guard start >= 0 else { throw refused("start \(start) is negative") }
            if let end, end < start { throw refused("end \(end) comes before start \(start)") }
            guard share.of > 0, (0..<share.of).contains(share.at) else {
                throw refused("shard \(share.at)/\(share.of) isn't i/n with 0 ≤ i < n")
            }
            self.layout = layout
            self.jobs = jobs ?? min(1024, WorkerThread.usableCores)
            self.start = start
            self.end = end
            self.share = share
            self.isCaseSensitive = isCaseSensitive
        }
    }

    /// How far a run is.
    public struct Progress: Sendable, Equatable {
        /// Shards that are in place.
        public internal(set) var shards = 0
        /// Shards to be unpacked.
        public internal(set) var totalShards = 0
        /// Files that are unpacked.
        public internal(set) var files = 0
        /// Bytes of the shards that were read, or that earlier runs had read.
        public internal(set) var bytes: UInt64 = 0
        /// Bytes of all shards.
        public internal(set) var totalBytes: UInt64 = 0
        /// What the run has come to, in its last value.
        public internal(set) var report: Report?
    }

    /// What a run has come to.
    public struct Report: Sendable, Equatable {
        /// Shards that are in place.
        public internal(set) var shards = 0
        /// Shards of these that an earlier run had finished.
        public internal(set) var skipped = 0
        /// Files that were unpacked, or found whole from an earlier run.
        public internal(set) var files = 0
        /// Their bytes.
        public internal(set) var bytes: UInt64 = 0
        /// Members that were refused, and shards that couldn't be read to their end; also those that
        /// an earlier run had told.
        public internal(set) var refused: [StoreError] = []
    }

    /// The shards, sorted by name, that the options choose.
    public let shards: [String]
    /// The folder that they are unpacked into.
    public let destination: String
    /// How.
    public let options: Options

    /// Looks up what is to be unpacked.
    /// - Parameters:
    ///   - raw: The folder of the shards, plain or compressed with gzip, zstd, xz or bzip2.
    ///   - destination: The folder to unpack into; made if need be.
    /// - Throws: `StoreError` if the folder of the shards can't be listed, or has none.
    public init(
        _ raw: String, into destination: String, options: Options
    ) throws(StoreError) {
        let all = try FolderListing.entries(raw).filter {
            !$0.isFolder && ShardName.isShard($0.name)
        }
        guard !all.isEmpty else {
            throw StoreError(.missing, file: raw, reason: "no *.tar in this folder")
        }
        guard !destination.isEmpty else {
            throw StoreError(.invalid, file: "extract", reason: "needs a folder to unpack into")
        }
        let slice = all[min(options.start, all.count)..<min(options.end ?? all.count, all.count)]
        shards = slice.enumerated().filter { $0.offset % options.share.of == options.share.at }
            .map { raw + "/" + $0.element.name }
        self.destination = destination
        self.options = options
    }

    /// Unpacks, on threads of its own, while the calling thread waits.
    /// - Parameters:
    ///   - cancellation: Ends the run within a second; another one goes on where it was.
    ///   - progress: Called on the calling thread, some ten times a second.
    /// - Throws: `StoreError` if something can't be written, which ends the run. What is in place
    ///   stays, and another run goes on.
    @discardableResult
    public func run(
        cancellation: Cancellation = Cancellation(), progress: (Progress) -> Void = { _ in }
    ) throws(StoreError) -> Report {
        try ExtractionRun(self, cancellation).run(progress)
    }

    /// Unpacks, on threads of its own, and tells how far it is; the last value has the report.
    /// Leaving the loop, or cancelling the task, ends the run within a second.
    public func progress() -> AsyncThrowingStream<Progress, any Error> {
        let cancellation = Cancellation()
        return .ofWork(buffering: .bufferingNewest(1), stop: cancellation.cancel) { tell in
            var last = Progress()
            last.report = try run(cancellation: cancellation) {
                last = $0
                tell($0)
            }
            tell(last)
        }
    }

    /// Forgets which shards are in place, and removes what an unfinished run has left. What is in
    /// the destination stays.
    /// - Throws: `StoreError` if that can't be removed.
    public static func forget(_ destination: String) throws(StoreError) {
        try FolderEntries.removeTree(ExtractionState.folder(beside: destination))
    }
}
