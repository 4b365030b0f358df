/// Draws as a Python run does, so that batches can be compared bit for bit: each worker has a stream
/// of its own, and batch b belongs to worker b mod N.
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

    /// Names a Python run.
    /// - Throws: `LoaderError` for a number of workers that isn't in 0 ... 1024.
    public init(workers: Int, seeding: Seeding = .mmengine) throws(LoaderError) {
        guard (0...1024).contains(workers) else {
            throw LoaderError("the reference's workers = \(workers) isn't in 0 ... 1024")
        }
        self.workers = workers
        self.seeding = seeding
    }

    /// What names its draws in a state.
    var identity: String { "reference:\(seeding.rawValue)" }

    /// The workers' generators, as they were after so many numbers each.
    func generators(seed: UInt64, rank: Int, after words: [Int]) -> [PythonDraws] {
        (0..<max(1, workers)).map { worker in
            var draws = PythonDraws(magnitude: self.seed(ofWorker: worker, seed, rank))
            if worker < words.count { draws.skip(words: words[worker]) }
            return draws
        }
    }

    private func seed(ofWorker worker: Int, _ seed: UInt64, _ rank: Int) -> UInt64 {
        guard workers > 0 else { return seed }
        switch seeding {
        case .mmengine: return UInt64(workers * rank + worker) &+ seed
        case .torch:
            var generator = TorchGenerator(seed: Int(truncatingIfNeeded: seed))
            return UInt64(generator.int64()) &+ UInt64(worker)
        }
    }
}
