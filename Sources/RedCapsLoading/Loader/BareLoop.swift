internal import RedCapsBase

/// What a loader's threads would do if nobody had to bring the samples into order: the same samples
/// loaded by as many threads, each into memory of its own, without window, batches or hand-off. The
/// yardstick for what these cost.
package enum BareLoop {
    /// Loads the samples of a number of batches.
    /// - Parameter report: Told, on any thread, that a sample is loaded.
    /// - Throws: What keeps a thread from working, and the first sample that fails.
    package static func run<Source: Dataset>(
        _ dataset: Source, _ options: LoaderOptions, batches: Int,
        report: @escaping @Sendable () -> Void
    ) throws {
        let (total, overflow) = batches.multipliedReportingOverflow(by: options.batchSize)
        guard !overflow else { throw LoaderError("\(batches) batches are too many to count") }
        let cursor: any IteratorProtocol<Int> & Sendable = try options.sampler.makeCursor(
            at: 0, stride: 1, over: dataset.layout)
        let order = ConditionLock((cursor: cursor, position: 0))
        let failure = ConditionLock<(any Error)?>(nil)
        WorkerThread.forEach(options.workers, threads: options.workers) { _ in
            do {
                let workspace = try dataset.makeWorkspace()
                let storage = try dataset.makeStorage(slots: options.batchSize)
                var slot = 0
                while failure.update({ $0 == nil }) {
                    let place = order.update { order in
                        guard order.position < total else { return nil as (Int, Int)? }
                        defer { order.position += 1 }
                        return order.cursor.next().map { (order.position, $0) }
                    }
                    guard let (position, index) = place else { return }
                    var draws = PositionalDraws(seed: options.seed, position: position)
                    _ = try dataset.load(
                        index, position: position, draws: &draws,
                        attempts: options.failurePolicy.attempts, into: storage, slot: slot,
                        workspace: workspace)
                    slot = (slot + 1) % options.batchSize
                    report()
                }
            } catch {
                failure.update { $0 = $0 ?? error }
            }
        }
        if let error = failure.update({ $0 }) { throw error }
    }
}
