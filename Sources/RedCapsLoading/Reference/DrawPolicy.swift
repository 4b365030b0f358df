/// Who owns the draws of a batch's samples.
///
/// By default nobody does: what a sample draws is a function of its position, and any sample may be
/// loaded at any time. As Python draws, each worker has a stream, and each sample goes on where the one
/// before it in the stream left off: batches are loaded whole, one of a stream at a time.
package struct DrawPolicy: Sendable {
    /// How far the streams are, which a run goes on from.
    package typealias State = ResumePoint.ReferenceState

    private let seed: UInt64
    private var streams: WorkerStreams?

    /// Draws as a function of a seed and a position.
    package static func positional(seed: UInt64) -> DrawPolicy {
        DrawPolicy(seed: seed, streams: nil)
    }

    /// Draws as a Python run has them.
    /// - Parameters:
    ///   - epochs: The epochs of the order, if it has any.
    ///   - state: How far the streams are; at their beginning if there is none.
    ///   - batch: The batch that the run goes on with.
    package static func perStream(
        _ mode: ReferenceMode, seed: UInt64, rank: Int = 0, epochs: EpochPlan? = nil,
        from state: State? = nil, at batch: Int = 0
    ) -> DrawPolicy {
        DrawPolicy(
            seed: seed,
            streams: WorkerStreams(
                mode, seed: seed, rank: rank, epochs: epochs, from: state, at: batch))
    }

    /// Whether a batch is loaded whole by one thread.
    var takesWholeBatches: Bool { streams != nil }

    /// How many batches must be open for every owner to be at work.
    var ownerCount: Int { streams?.count ?? 1 }

    /// Which stream draws for a batch; `nil` if none does.
    func owner(ofBatch number: Int) -> Int? { streams?.owner(ofBatch: number) }

    /// Whether a batch may be begun: not while its owner is at another one.
    func mayBegin(_ number: Int) -> Bool { streams?.mayBegin(number) ?? true }

    /// Lends what a batch draws from, or a part of it.
    mutating func begin(_ number: Int) -> Draws {
        Draws(seed: seed, stream: streams?.begin(number))
    }

    /// Takes back what a batch has drawn from.
    mutating func finish(_ number: Int, _ draws: Draws) { streams?.finish(number, draws.stream) }

    /// Takes account of a batch that is delivered; batches are in their order.
    /// - Returns: How far the streams are after it, for a run to go on there.
    mutating func deliver(_ number: Int) -> State? {
        streams?.deliver(number)
    }
}

extension DrawPolicy {
    /// What the samples of a batch draw from, one after the other.
    package struct Draws: Sendable {
        private let seed: UInt64
        fileprivate private(set) var stream: PythonDraws?

        fileprivate init(seed: UInt64, stream: PythonDraws?) {
            (self.seed, self.stream) = (seed, stream)
        }

        /// Loads a sample, or another one in its place.
        /// - Throws: `TooManyFailures` if as many as `attempts` failed, or after a failure if the run
        ///   is over.
        mutating func load<Source: Dataset>(
            _ index: Int, of dataset: Source, position: Int, attempts: Int,
            into storage: Source.Storage, slot: Int, workspace: Source.Workspace,
            isOver: () -> Bool
        ) throws(TooManyFailures) -> LoadedSample<Source.Sample> {
            guard var draws = stream else {
                var draws = PositionalDraws(seed: seed, position: position)
                return try dataset.load(
                    index, position: position, draws: &draws, attempts: attempts, into: storage,
                    slot: slot, workspace: workspace, isOver: isOver)
            }
            stream = nil  // so that it isn't copied when it is drawn from
            defer { stream = draws }
            return try dataset.load(
                index, position: position, draws: &draws, attempts: attempts, into: storage,
                slot: slot, workspace: workspace, isOver: isOver)
        }
    }
}

/// The generators of Python's workers, which take turns with batches, from the first anew in each
/// epoch.
private struct WorkerStreams: Sendable {
    private let mode: ReferenceMode
    private let seed: UInt64
    private let rank: Int
    private let epochs: EpochPlan?
    /// Those that no batch is drawing from.
    private var idle: [PythonDraws?]
    private var state: DrawPolicy.State
    /// How far its stream is after a batch that is loaded but not delivered.
    private var wordsAfterBatch: [Int: Int] = [:]

    var count: Int { idle.count }

    init(
        _ mode: ReferenceMode, seed: UInt64, rank: Int, epochs: EpochPlan?,
        from state: DrawPolicy.State?, at batch: Int
    ) {
        (self.mode, self.seed, self.rank, self.epochs) = (mode, seed, rank, epochs)
        let state = state ?? .start(mode, rank: rank, worldSize: 1, batchSize: 1)
        let epoch = epochs?.place(ofBatch: batch).epoch ?? 0
        idle = state.words.enumerated().map { worker, words in
            var draws = mode.draws(ofWorker: worker, epoch: epoch, seed: seed, rank: rank)
            draws.skip(words: words)
            return draws
        }
        self.state = state
    }

    private func place(ofBatch number: Int) -> (epoch: Int, batch: Int) {
        epochs?.place(ofBatch: number) ?? (0, number)
    }

    func owner(ofBatch number: Int) -> Int { place(ofBatch: number).batch % count }

    func mayBegin(_ number: Int) -> Bool { idle[owner(ofBatch: number)] != nil }

    mutating func begin(_ number: Int) -> PythonDraws? {
        let owner = owner(ofBatch: number)
        defer { idle[owner] = nil }
        return fresh(number) ?? idle[owner]
    }

    /// The generator that a batch begins with, if that isn't the one that its stream has come to.
    private func fresh(_ number: Int) -> PythonDraws? {
        let (epoch, batch) = place(ofBatch: number)
        guard mode.restartsWorkers, epoch > 0, batch < mode.workers else { return nil }
        return mode.draws(ofWorker: batch, epoch: epoch, seed: seed, rank: rank)
    }

    mutating func finish(_ number: Int, _ draws: PythonDraws?) {
        guard let draws else { return }
        idle[owner(ofBatch: number)] = draws
        wordsAfterBatch[number] = draws.wordCount
    }

    mutating func deliver(_ number: Int) -> DrawPolicy.State {
        if let count = wordsAfterBatch.removeValue(forKey: number) {
            state.words[owner(ofBatch: number)] = count
        }
        return state
    }
}
