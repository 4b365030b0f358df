/// Loads batches of any data set on threads of its own, in one order whatever their number.
///
/// As an `AsyncSequence` it is iterated without blocking a thread:
///
///     for try await batch in loader { … }
///
/// and without concurrency through `results`. Each iteration starts at the beginning of the order,
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

    /// Makes a loader; threads start with an iteration.
    /// - Throws: `LoaderError` for options that make no sense, and for an empty data set.
    public init(_ dataset: Source, _ options: LoaderOptions) throws(LoaderError) {
        try options.check()
        guard dataset.count > 0 else { throw LoaderError("the data set has no samples") }
        self.dataset = dataset
        self.options = options
    }

    /// Gives one batch after the other to a task.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let run: Run

        /// The next batch, or `nil` after the last.
        /// - Throws: `TooManyFailures` if the failure policy is exhausted, `CancellationError` if
        ///   the task is cancelled. After that there are no more batches.
        public mutating func next() async throws -> Source.Batch? {
            try await run.engine().next()
        }
    }

    /// Starts an iteration.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(run: Run(dataset, options))
    }

    /// The batches for code without concurrency, each as a result, so that a failure can't be
    /// mistaken for the end.
    public var results: Results { Results(loader: self) }

    /// A sequence of batches, or of the failure that ends them.
    public struct Results: Sequence {
        fileprivate let loader: DataLoader

        /// Starts an iteration.
        public func makeIterator() -> Iterator {
            Iterator(run: Run(loader.dataset, loader.options))
        }

        /// Gives one batch after the other to a thread, which waits for them.
        public struct Iterator: IteratorProtocol {
            fileprivate let run: Run
            private var hasFailed = false

            fileprivate init(run: Run) { self.run = run }

            /// The next batch or the failure that ends the sequence; `nil` after the last.
            public mutating func next() -> Result<Source.Batch, any Error>? {
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
    fileprivate final class Run {
        private let started: Result<LoaderEngine<Source>, LoaderError>

        init(_ dataset: Source, _ options: LoaderOptions) {
            started = Result { () throws(LoaderError) in try LoaderEngine(dataset, options) }
        }

        deinit { try? started.get().cancel() }

        func engine() throws(LoaderError) -> LoaderEngine<Source> { try started.get() }
    }
}
