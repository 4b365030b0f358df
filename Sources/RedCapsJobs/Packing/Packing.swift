public import RedCapsBase

/// Packs a tree of files, or tars that are compressed or out of order, into plain tar shards in which
/// each image is directly followed by its annotation.
///
/// Files whose path is the same up to the first dot of its last component are a sample, as in
/// webdataset. Samples are sorted by that key. The same files give the same bytes, whatever the
/// number of threads. A shard gets its name when it was written, read again and compared; a run that
/// was killed is continued by running it again. The sources are never changed.
public struct Packing: Sendable {
    /// How files are divided into shards; a sample's files stay together.
    public enum Sharding: Sendable, Equatable {
        /// A shard for each folder, named as it, if every file lies in a folder at the top whose name
        /// is a number of five or more digits; else as `samples(10_000)`.
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
        /// Where the list of samples goes; `nil` is `data.json` beside the shards.
        public let list: String?

        /// Makes options.
        /// - Parameters:
        ///   - jobs: Threads; `nil` is as many as there are usable cores.
        /// - Throws: `StoreError` with the offending number.
        public init(
            sharding: Sharding = .automatic, jobs: Int? = nil, list: String? = nil
        ) throws(StoreError) {
            func refused(_ reason: String) -> StoreError {
                StoreError(.invalid, file: "pack", reason: reason)
            }
            switch sharding {
            case .samples(let count) where count < 1:
                throw refused("\(count) samples per shard isn't positive")
            case .bytes(0): throw refused("0 bytes per shard isn't positive")
            default: break
            }
            if let jobs, !(1...1024).contains(jobs) {
                throw refused("\(jobs) jobs isn't in 1 ... 1024")
            }
            if let list, list.isEmpty { throw refused("the list's path is empty") }
            self.sharding = sharding
            self.jobs = jobs ?? min(1024, WorkerThread.usableCores)
            self.list = list
        }
    }

    /// A folder, or tars.
    public let inputs: [String]
    /// The folder that the shards go to.
    public let raw: String
    /// How they are packed.
    public let options: Options

    /// Names what is to be packed; nothing is touched before a run.
    /// - Parameters:
    ///   - inputs: One folder, or tars, plain or compressed with gzip, zstd, xz or bzip2. Of members
    ///     with the same path the last wins.
    ///   - raw: The folder to write to; made if need be.
    /// - Throws: `StoreError` if no input is given.
    public init(_ inputs: [String], into raw: String, options: Options) throws(StoreError) {
        guard !inputs.isEmpty, !inputs.contains(""), !raw.isEmpty else {
            throw StoreError(
                .invalid, file: "pack", reason: "needs a folder or tars, and a folder to write to")
        }
        self.inputs = inputs
        self.raw = raw
        self.options = options
    }

    /// Where the list of samples goes.
    public var list: String { options.list ?? "\(raw)/data.json" }

    /// Packs, on threads of its own, while the calling thread waits.
    /// - Parameter progress: Called on the calling thread, some 20 times a second. What it throws ends
    ///   the run.
    /// - Throws: `StoreError` for anything that can't be read, written or packed. Shards that are
    ///   whole remain, and are kept by the next run.
    @discardableResult
    public func run(
        progress: (Progress) throws(StoreError) -> Void = { (_) throws(StoreError) in }
    ) throws(StoreError) -> Report {
        try PackingRun(self, PackingControl()).run(progress)
    }

    /// Packs, on threads of its own, and tells how far it is.
    ///
    /// The last value has the report. Leaving the loop, or cancelling the task, ends the run within a
    /// second; shards that are whole remain, and are kept by the next run.
    public func progress() -> AsyncThrowingStream<Progress, any Error> {
        let control = PackingControl()
        return .ofWork(buffering: .bufferingNewest(1), stop: control.stop) { tell in
            let report = try PackingRun(self, control).run { (progress) throws(StoreError) in
                tell(progress)
            }
            var last = control.progress
            last.report = report
            tell(last)
        }
    }
}
