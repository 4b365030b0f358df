/// Loads batches of any data set on threads of its own, in one order whatever their number.
///
/// As an `AsyncSequence` it is iterated without blocking a thread:
///
///     for try await batch in loader { … }
///
/// and without concurrency through `results`. Each iteration starts where the loader does,
/// with threads of its own, which end when the iterator is dropped, the task is cancelled, or the
/// order is through. Batches are loaded ahead of the consumer, but never more than
/// `LoaderOptions.prefetchBatches`.
public struct DataLoader<Source: Dataset>: AsyncSequence, Sendable {
    /// A batch of the data set.
    public typealias Element = Source.Batch

    /// What is loaded.
    public let dataset: Source
    /// How it is loaded.
    public let options: LoaderOptions
    private let run: LoaderRun

    /// Makes a loader; threads start with an iteration.
    /// - Parameters:
    ///   - dataset: What to load.
    ///   - options: How to load it.
    ///   - point: Where to go on, from `state` or a batch of an earlier loader: the next batch is
    ///     the one that would have come there, on any number of threads or ranks.
    /// - Throws: `LoaderError` for options that make no sense, for an empty data set, and for a
    ///   point of another data set, order or seed, with the difference.
    public init(
        _ dataset: Source, _ options: LoaderOptions, resuming point: ResumePoint? = nil
    ) throws(LoaderError) {
        try options.check()
        guard dataset.count > 0 else { throw LoaderError("the data set has no samples") }
        self.dataset = dataset
        self.options = options
        let layout = dataset.layout
        // What the order can't be made of is said now, not on a thread later.
        let context = options.context
        _ = try options.sampler.makeBatchCursor(
            at: 0, shardIndex: context.rank, shardCount: context.worldSize, over: layout)
        try options.drawRules.check(over: layout)
        var start = options.start(fingerprint: dataset.fingerprint)
        if let point {
            try point.check(against: start)
            start = point
        }
        let plan = options.plan(from: start, over: layout)
        guard plan.end != nil || plan.positions(ofBatch: plan.firstNumber) != nil else {
            throw LoaderError(
                plan.reasonForNoBatches
                    ?? "batch \(plan.firstNumber) begins beyond the last position there can be")
        }
        run = LoaderRun(options, plan, start: start)
        options.context.log(to: options.logger)
        DebugBuild.tell(options.logger)
    }

    /// Where the last delivered batch left off, whichever iteration delivered it; before the first,
    /// where the loader begins.
    public var state: ResumePoint { run.state }

    /// How many batches an epoch of the order has on this rank; `nil` for an order without epochs.
    ///
    /// Where batches go across the ends of epochs, and epochs therefore don't all have equally many, it is
    /// the most: so many as begin in an epoch that begins with a batch. Of the whole order, whatever
    /// `batchLimit` and `skippedBatches` leave of it.
    public var batchesPerEpoch: Int? { run.plan.batchesPerEpoch }

    /// Why an iteration gives no batch at all, as where a run is resumed that is through; `nil` if it
    /// gives any.
    package var reasonForNoBatches: String? { run.plan.reasonForNoBatches }

    /// What has been done so far, over all iterations.
    public var statistics: LoaderStatistics { run.meter.snapshot }

    /// Gives one batch after the other to a task.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let run: Iteration

        /// The next batch, or `nil` after the last.
        /// - Throws: `TooManyFailures` if the failure policy is exhausted, `CancellationError` if
        ///   the task is cancelled. After that there are no more batches.
        public mutating func next() async throws -> Source.Batch? {
            try await run.engine().next()
        }
    }

    /// Starts an iteration.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(run: Iteration(dataset, run))
    }

    /// The batches for code without concurrency, each as a result, so that a failure can't be
    /// mistaken for the end.
    public var results: Results { Results(loader: self) }

    /// A sequence of batches, or of the failure that ends them.
    public struct Results: Sequence {
        fileprivate let loader: DataLoader

        /// Starts an iteration.
        /// - Returns: What gives one batch after the other to a thread, which waits for them; then,
        ///   maybe, the failure that ends them; then `nil`.
        public func makeIterator() -> some IteratorProtocol<Result<Source.Batch, any Error>> {
            BatchIterator(run: Iteration(loader.dataset, loader.run))
        }

        private struct BatchIterator: IteratorProtocol {
            let run: Iteration
            private var hasFailed = false

            init(run: Iteration) { self.run = run }

            mutating func next() -> Result<Source.Batch, any Error>? {
                guard !hasFailed else { return nil }
                do {
                    return try run.engine().waitForNext().map { .success($0) }
                } catch {
                    hasFailed = true
                    return .failure(error)
                }
            }
        }
    }

    /// Owns an iteration's engine, and ends it with the last copy of the iterator. The engine can't
    /// do that itself: its threads keep it alive.
    fileprivate final class Iteration {
        private let started: Result<LoaderEngine<Source>, LoaderError>

        init(_ dataset: Source, _ run: LoaderRun) {
            started = Result { () throws(LoaderError) in try LoaderEngine(dataset, run) }
        }

        deinit { try? started.get().cancel() }

        func engine() throws(LoaderError) -> LoaderEngine<Source> { try started.get() }
    }
}
