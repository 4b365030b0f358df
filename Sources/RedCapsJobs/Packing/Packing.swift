public import RedCapsBase

/// Packs a tree of files, or tars that are compressed or out of order, into plain tar shards in
/// which each image is directly followed by its annotation.
///
/// Files whose path is the same up to the first dot of its last component are a sample, as in
/// webdataset. Samples are sorted by that key. The same files give the same bytes, whatever the
/// number of threads. A shard gets its name when it was written, read again and compared; a run
/// that was killed is continued by running it again. The sources are never changed.
public struct Packing: Job {
    /// How files are divided into shards; a sample's files stay together.
    public enum Sharding: Sendable, Equatable {
        /// A shard for each folder, named as it, if every file lies in a folder at the top whose
        /// name is a number of five or more digits; else as `samples(10_000)`.
        case automatic
        /// So many samples in each shard, and what is left in the last.
        case samples(Int)
        /// As many samples as fit into a tar of so many bytes, at least one.
        case bytes(UInt64)

        static let defaultSamples = 10_000
    }

    /// How to pack. Checked when it is made.
    public struct Options: Sendable {
        /// How files are divided into shards.
        public let sharding: Sharding
        /// How many threads write shards at the same time.
        public let jobs: Int
        /// Where the manifest, the list of samples, goes; `nil` is `data.json` beside the shards.
        public let manifest: String?

        /// Makes options.
        /// - Parameters:
        ///   - sharding: How files are divided into shards.
        ///   - jobs: Threads, 1 ... 1024; `nil` is as many as there are usable cores.
        ///   - manifest: The file for the list of samples; `nil` is `data.json` beside the shards.
        /// - Throws: `StoreError` with the offending number.
        public init(
            sharding: Sharding = .automatic, jobs: Int? = nil, manifest: String? = nil
        ) throws(StoreError) {
            func refused(_ argument: String, _ reason: String) -> StoreError {
                StoreError(.invalid, file: argument, reason: reason)
            }
            switch sharding {
            case .samples(let count) where count < 1:
                throw refused("sharding", "\(count) samples per shard isn't positive")
            case .bytes(0): throw refused("sharding", "0 bytes per shard isn't positive")
            default: break
            }
            if manifest?.isEmpty == true { throw refused("manifest", "the list's path is empty") }
            self.sharding = sharding
            self.jobs = try JobThreads.checked(jobs)
            self.manifest = manifest
        }
    }

    /// One folder, or tars, plain or compressed.
    public let inputs: [String]
    /// The folder that the shards go to.
    public let raw: String
    /// Where the manifest goes, how shards are divided, how many threads write.
    public let options: Options

    /// Names what is to be packed; nothing is touched before a run.
    /// - Parameters:
    ///   - inputs: One folder, or tars, plain or compressed with gzip, zstd, xz or bzip2. Of
    ///     members with the same path the last wins.
    ///   - raw: The folder to write to; made if need be.
    /// - Throws: `StoreError` if no input is given.
    public init(_ inputs: [String], into raw: String, options: Options) throws(StoreError) {
        guard !inputs.isEmpty, !inputs.contains(""), !raw.isEmpty else {
            throw StoreError(
                .invalid, file: inputs.isEmpty ? "inputs" : raw,
                reason: "needs a folder or tars, and a folder to write to")
        }
        self.inputs = inputs
        self.raw = raw
        self.options = options
    }

    /// Where the manifest goes: what the options say, else `data.json` beside the shards.
    public var manifest: String { options.manifest ?? "\(raw)/data.json" }

    /// Packs, on threads of its own, while the calling thread waits.
    /// - Parameters:
    ///   - cancellation: Ends the run within a second.
    ///   - progress: Called on the calling thread, whenever a shard is whole and some 20 times a
    ///     second.
    /// - Throws: `StoreError` for anything that can't be read, written or packed. Shards that are
    ///   whole remain, and are kept by the next run.
    public func run(
        cancellation: Cancellation, progress: (Progress) -> Void
    ) throws(StoreError) -> Report {
        try PackingRun(self, PackingMonitor(cancellation, of: raw)).run(progress)
    }
}
