/// Draws as a Python run does, so that batches can be compared bit for bit: each worker has a stream
/// of its own, and batch b of an epoch belongs to worker b mod N.
///
/// Only a `TorchDefaultSampler` has epochs: each begins with a new batch and, unless they persist,
/// with new workers.
public struct ReferenceMode: Sendable, Hashable {
    /// Who seeds Python's `random` in the workers.
    public enum Seeding: String, Sendable, Hashable, CaseIterable {
        /// mmengine's runner: `workers * rank + worker + seed`.
        case mmengine
        /// Nothing but torch's `DataLoader`: its base seed, drawn from the default generator after
        /// `torch.manual_seed(seed)`, plus the worker.
        case torch
    }

    /// `num_workers`; without any there is one stream, `random.seed(seed)`.
    public let workers: Int
    /// Who seeds the workers.
    public let seeding: Seeding
    /// `persistent_workers`: whether workers draw on in the next epoch instead of being seeded again.
    public let persistsWorkers: Bool
    /// mmengine's `diff_rank_seed`: whether the rank is added to the seed.
    public let differsByRank: Bool

    /// Names a Python run.
    /// - Throws: `LoaderError` for a number of workers that isn't in 0 ... 1024.
    public init(
        workers: Int, seeding: Seeding = .mmengine, persistsWorkers: Bool = false,
        differsByRank: Bool = false
    ) throws(LoaderError) {
        guard (0...1024).contains(workers) else {
            throw LoaderError("the reference's workers = \(workers) isn't in 0 ... 1024")
        }
        self.workers = workers
        self.seeding = seeding
        self.persistsWorkers = persistsWorkers
        self.differsByRank = differsByRank
    }

    /// The draws of CPython's `random` after `random.seed(seed)`: one stream for whatever draws from
    /// it in turn.
    public static func draws(seed: Int) -> some SampleDraws { PythonDraws(seed: seed) }

    /// The seed of an order whose sampler has none of its own: mmengine's `sync_random_seed()`, which
    /// is numpy's `randint(2**31)` after `set_random_seed(seed)`, and that is 31 bits of a generator
    /// seeded as torch's is.
    public static func orderSeed(ofRun seed: Int) -> Int {
        var generator = TorchGenerator(seed: seed)
        return Int(generator.word() & 0x7FFF_FFFF)
    }

    /// What names its draws in a state.
    var identity: String {
        "reference:\(seeding.rawValue)" + (workers == 0 ? ":main" : "")
            + (restartsWorkers || workers == 0 ? "" : ":persistent")
            + (differsByRank ? ":by rank" : "")
    }

    /// Whether each epoch has new workers.
    var restartsWorkers: Bool { workers > 0 && !persistsWorkers }

    /// What a worker draws from when it begins, in an epoch counted from 0.
    func draws(ofWorker worker: Int, epoch: Int, seed: UInt64, rank: Int) -> PythonDraws {
        let seed = differsByRank ? seed &+ UInt64(rank) : seed
        guard workers > 0 else { return PythonDraws(magnitude: seed) }
        switch seeding {
        case .mmengine:
            return PythonDraws(magnitude: UInt64(workers * rank + worker) &+ seed)
        case .torch:
            // Each epoch's loader draws a base seed of its own.
            var generator = TorchGenerator(seed: Int(truncatingIfNeeded: seed))
            for _ in 0..<(restartsWorkers ? epoch : 0) { _ = generator.int64() }
            return PythonDraws(magnitude: UInt64(generator.int64()) &+ UInt64(worker))
        }
    }
}
