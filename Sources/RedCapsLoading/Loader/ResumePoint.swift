/// Where a run stands between two batches: all that another process needs to go on with the very
/// next one, on any number of threads or ranks. It is the same for all ranks of a run.
public struct ResumePoint: Sendable, Hashable, Codable {
    /// The version of this value.
    public var version = 1
    /// The position of the whole stream, all ranks together, that comes next.
    public var position: Int
    /// The number of the batch that comes next.
    public var batch: Int
    /// What randomness within samples depends on.
    public var seed: UInt64
    /// Which functions give that randomness.
    public var draws: String
    /// The order's identity.
    public var sampler: String
    /// The data set's fingerprint, in hexadecimal.
    public var dataset: String
    /// How far each worker's generator is, in the reference mode only.
    public var reference: ReferenceState?

    /// Makes a point, as one that was saved in another format is read.
    public init(
        position: Int, batch: Int, seed: UInt64, draws: String, sampler: String, dataset: String,
        reference: ReferenceState? = nil
    ) {
        (self.position, self.batch, self.seed) = (position, batch, seed)
        (self.draws, self.sampler, self.dataset) = (draws, sampler, dataset)
        self.reference = reference
    }

    /// What the reference mode needs besides: it depends on workers and ranks.
    public struct ReferenceState: Sendable, Hashable, Codable {
        /// How many 32-bit numbers each worker's generator has given.
        public var words: [Int]
        /// The rank that it is the state of.
        public var rank: Int
        /// The number of ranks.
        public var worldSize: Int
        /// The samples in a batch.
        public var batchSize: Int

        /// Makes a state.
        public init(words: [Int], rank: Int, worldSize: Int, batchSize: Int) {
            (self.words, self.rank) = (words, rank)
            (self.worldSize, self.batchSize) = (worldSize, batchSize)
        }
    }
}

extension ResumePoint {
    /// Makes sure that a run can go on from here.
    /// - Throws: `LoaderError` that names the first difference.
    func check(against run: ResumePoint) throws(LoaderError) {
        guard version == run.version else {
            throw LoaderError(
                "the state to resume from is of version \(version), not \(run.version)")
        }
        guard position >= 0, batch >= 0 else {
            throw LoaderError("the state to resume from is at position \(position)")
        }
        let differences: [(String, String, String)] = [
            ("data set", dataset, run.dataset), ("sampler", sampler, run.sampler),
            ("seed", "\(seed)", "\(run.seed)"), ("draws", draws, run.draws),
        ]
        for (name, old, new) in differences where old != new {
            throw LoaderError(
                "the state to resume from is of another \(name): \(old) there, \(new) here")
        }
        guard let old = reference, let new = run.reference else { return }
        let numbers = [
            ("workers", old.words.count, new.words.count), ("rank", old.rank, new.rank),
            ("world size", old.worldSize, new.worldSize),
            ("batch size", old.batchSize, new.batchSize),
        ]
        for (name, old, new) in numbers where old != new {
            throw LoaderError(
                "the reference mode resumes with the same \(name) only: \(old) there, \(new) here")
        }
    }
}
