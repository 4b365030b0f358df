extension ResumePoint {
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

        /// Makes a state, as one that was saved in another format is read.
        public init(words: [Int], rank: Int, worldSize: Int, batchSize: Int) {
            (self.words, self.rank) = (words, rank)
            (self.worldSize, self.batchSize) = (worldSize, batchSize)
        }
    }
}

extension ResumePoint.ReferenceState {
    /// The state of a run that hasn't begun.
    static func start(
        _ mode: ReferenceMode, rank: Int, worldSize: Int, batchSize: Int
    ) -> ResumePoint.ReferenceState {
        ResumePoint.ReferenceState(
            words: Array(repeating: 0, count: max(1, mode.workers)), rank: rank,
            worldSize: worldSize, batchSize: batchSize)
    }

    /// Makes sure that a run in the reference mode can go on from here.
    /// - Throws: `LoaderError` that names the first difference.
    func check(against run: ResumePoint.ReferenceState) throws(LoaderError) {
        let numbers = [
            ("workers", words.count, run.words.count), ("rank", rank, run.rank),
            ("world size", worldSize, run.worldSize), ("batch size", batchSize, run.batchSize),
        ]
        for (name, old, new) in numbers where old != new {
            throw LoaderError(
                "the reference mode resumes with the same \(name) only: \(old) there, \(new) here")
        }
        if let count = words.first(where: { $0 < 0 }) {
            throw LoaderError(
                "the state to resume from says that a worker has drawn \(count) words")
        }
    }
}
