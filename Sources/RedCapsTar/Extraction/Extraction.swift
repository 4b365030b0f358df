// What the API takes from the ground floor, which is no product, and hands out again.
@_exported public import class RedCapsBase.Cancellation
@_exported public import enum RedCapsBase.JobEvent
@_exported public import protocol RedCapsBase.Job
@_exported public import struct RedCapsBase.Share
@_exported public import struct RedCapsBase.StoreError
public import RedCapsBase

/// Unpacks the tars of a folder as `tar -xf --no-same-owner` over their sorted list does: in
/// parallel, from where an earlier run was stopped, and without ever showing half a file.
///
/// Each shard is unpacked into a staging folder beside the destination and moved into place when it
/// is whole, in the order of the shards, so that of files with the same path the last one stays, and
/// those that go are counted. A shard with names without a folder that another shard has, too, as
/// webdataset's are, isn't unpacked into the same folder.
/// What is hostile in an archive is refused, member by member, and the rest goes on.
public struct Extraction: Job {
    /// Where the members of a shard go.
    public enum Layout: String, Sendable, CaseIterable {
        /// Right into the destination.
        case inPlace = "in-place"
        /// Into a folder named as the shard, without `.tar`.
        case perShard = "per-shard"
    }

    /// What to unpack, and how. Checked when it is made.
    public struct Options: Sendable {
        /// Whether members go right into the destination or into a folder for each shard.
        public let layout: Layout
        /// How many threads unpack, 1 ... 1024.
        public let jobs: Int
        /// The first shard of the sorted list.
        public let start: Int
        /// The shard after the last one; `nil` for all.
        public let end: Int?
        /// Which of these are unpacked.
        public let share: Share
        /// Whether names that differ in case or Unicode form only are kept apart. By default the
        /// later one is refused: on many file systems it would replace the other.
        public let isCaseSensitive: Bool

        /// Chooses options.
        /// - Parameters:
        ///   - layout: Where members go.
        ///   - jobs: Threads, 1 ... 1024; `nil` is as many as there are usable cores.
        ///   - start: The first shard of the sorted list.
        ///   - end: The shard after the last one; `nil` for all.
        ///   - share: Which of these are unpacked, counted from `start`.
        ///   - isCaseSensitive: Whether names that differ in case or Unicode form only are kept
        ///     apart.
        /// - Throws: `StoreError` with the offending number.
        public init(
            layout: Layout = .inPlace, jobs: Int? = nil, start: Int = 0, end: Int? = nil,
            share: Share = .whole, isCaseSensitive: Bool = false
        ) throws(StoreError) {
            guard start >= 0 else {
                throw StoreError(.invalid, file: "start", reason: "start \(start) is negative")
            }
            if let end, end < start {
                throw StoreError(
                    .invalid, file: "end", reason: "end \(end) comes before start \(start)")
            }
            self.layout = layout
            self.jobs = try JobThreads.checked(jobs)
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
        /// Shards that the options choose.
        public internal(set) var totalShards = 0
        /// Files that this run has unpacked; those of kept shards don't count.
        public internal(set) var files = 0
        /// Bytes of the shards that were read, or that earlier runs had read.
        public internal(set) var bytes: UInt64 = 0
        /// The length of these shards' files, compressed or not.
        public internal(set) var totalBytes: UInt64 = 0
    }

    /// What a run has come to.
    public struct Report: Sendable, Equatable {
        /// Shards that are in place.
        public internal(set) var shards = 0
        /// Shards of these that an earlier run had finished.
        public internal(set) var kept = 0
        /// Files that were unpacked, or found whole from an earlier run.
        public internal(set) var files = 0
        /// The length of these files in bytes.
        public internal(set) var bytes: UInt64 = 0
        /// Files that were there and whose place others of the same path have taken: earlier members of
        /// a shard, files of earlier shards, or what an earlier run or somebody else had put there.
        public internal(set) var replaced = 0
        /// The path of the first of these.
        public internal(set) var firstReplaced: String?
        /// What isn't as it should be in shards, though nothing is known to be lost: no end marker, or
        /// another archive behind it.
        public internal(set) var warnings: [StoreError] = []
        /// Members that were refused, and shards that couldn't be read to their end; also those
        /// that an earlier run had told.
        public internal(set) var refused: [StoreError] = []
    }

    /// The shards, sorted by name, that the options choose.
    public let shards: [String]
    /// The folder that they are unpacked into.
    public let destination: String
    /// Which shards, where to, and with how many threads.
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
            throw StoreError(.invalid, file: "destination", reason: "needs a folder to unpack into")
        }
        let slice = all[min(options.start, all.count)..<min(options.end ?? all.count, all.count)]
        shards = slice.enumerated().filter { options.share.contains($0.offset) }
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
    public func run(
        cancellation: Cancellation, progress: (Progress) -> Void
    ) throws(StoreError) -> Report {
        try ExtractionRun(self, cancellation).run(progress)
    }

    /// Forgets which shards are in place, and removes what an unfinished run has left. What is in
    /// the destination stays.
    /// - Throws: `StoreError` if that can't be removed.
    public static func forget(_ destination: String) throws(StoreError) {
        try FolderEntries.removeTree(ExtractionState.folder(beside: destination))
    }
}
