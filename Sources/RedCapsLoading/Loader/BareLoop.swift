internal import RedCapsBase

/// What a loader's threads would do if nobody had to bring the samples into order: the same samples
/// loaded by as many threads, each into memory of its own, without window, batches or hand-off. The
/// yardstick for what these cost.
package enum BareLoop {
    /// Samples in their order, whose batches are planned when the first of their samples is taken.
    private struct Order {
        private let plan: BatchPlan
        private var cursor: any BatchCursor
        private var batch = PlannedBatch([])
        private var slot = 0
        private var nextNumber = 0

        init(_ options: LoaderOptions, over layout: DatasetLayout, batches: Int) throws {
            var plan = BatchPlan(batchSize: options.batchSize)
            plan.end = options.sampler.length(over: layout)
            plan.limit = batches
            self.plan = plan
            cursor = try options.sampler.makeBatchCursor(
                at: 0, shardIndex: 0, shardCount: 1, over: layout)
        }

        /// The next sample's batch and slot; `nil` past the last.
        mutating func next() throws -> (batch: PlannedBatch, slot: Int)? {
            if slot == batch.slots {
                guard nextNumber < plan.limit, let positions = plan.positions(ofBatch: nextNumber)
                else { return nil }
                let indices = try cursor.indices(at: positions)
                batch = PlannedBatch(
                    indices, number: nextNumber,
                    positions: BatchPositions(start: positions.start, count: indices.count))
                (slot, nextNumber) = (0, nextNumber + 1)
                guard !indices.isEmpty else { return nil }
            }
            defer { slot += 1 }
            return (batch, slot)
        }
    }

    /// Loads the samples of a number of batches.
    /// - Parameter report: Told, on any thread, that a sample is loaded.
    /// - Throws: What keeps a thread from working, and the first sample that fails.
    package static func run<Source: Dataset>(
        _ dataset: Source, _ options: LoaderOptions, batches: Int,
        report: @escaping @Sendable () -> Void
    ) throws {
        guard !batches.multipliedReportingOverflow(by: options.batchSize).overflow else {
            throw LoaderError("\(batches) batches are too many to count")
        }
        let order = ConditionLock(try Order(options, over: dataset.layout, batches: batches))
        let failure = ConditionLock<(any Error)?>(nil)
        WorkerThread.forEach(options.workers, threads: options.workers) { _ in
            do {
                let workspace = try dataset.makeWorkspace()
                var memory: (batch: Int, storage: Source.Storage)?
                while failure.update({ $0 == nil }) {
                    guard let (batch, slot) = try order.update({ try $0.next() }) else { return }
                    // Memory for the batch that the thread is at, be it with others.
                    let storage =
                        try memory?.batch == batch.number
                        ? memory?.storage ?? dataset.makeStorage(for: batch)
                        : dataset.makeStorage(for: batch)
                    memory = (batch.number, storage)
                    var draws = PositionalDraws(
                        seed: options.seed, position: batch.positions[slot])
                    _ = try dataset.load(
                        batch.indices[slot], position: batch.positions[slot], draws: &draws,
                        attempts: options.failurePolicy.attempts, into: storage, slot: slot,
                        workspace: workspace)
                    report()
                }
            } catch {
                failure.update { $0 = $0 ?? error }
            }
        }
        if let error = failure.update({ $0 }) { throw error }
    }
}
