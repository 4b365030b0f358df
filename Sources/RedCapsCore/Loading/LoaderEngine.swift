internal import Logging
internal import RedCapsTar

/// One run of a loader: its threads, and what they share.
final class LoaderEngine<Source: Dataset>: Sendable {
    private typealias Window = ReorderWindow<LoadedSample<Source.Sample>, Source.Storage>
    private typealias Consumer = CheckedContinuation<Window.Outcome, Never>

    private struct State {
        var window: Window
        /// The asynchronous consumer, while it waits.
        var consumer: Consumer?

        /// Takes what is due, if the consumer that waits for it can have it now.
        mutating func takeDelivery() -> Delivery? {
            guard let consumer, let outcome = window.takeOutcome() else { return nil }
            self.consumer = nil
            return Delivery(consumer: consumer, outcome: outcome)
        }
    }

    /// A consumer and what it gets, to be brought together outside the lock.
    private struct Delivery {
        let consumer: Consumer
        let outcome: Window.Outcome

        consuming func deliver() { consumer.resume(returning: outcome) }
    }

    private let dataset: Source
    private let options: LoaderOptions
    private let state: Monitor<State>

    /// Starts the threads.
    init(_ dataset: Source, _ options: LoaderOptions) throws(LoaderError) {
        self.dataset = dataset
        self.options = options
        state = try Monitor(
            State(
                window: Window(
                    batchSize: options.batchSize, capacity: options.prefetchBatches,
                    batchLimit: options.batchLimit ?? .max, dropsLast: options.dropsLast,
                    cursor: options.sampler.makeCursor(at: 0, stride: 1, over: DatasetLayout(count: dataset.count)))))
        do throws(StoreError) {
            for _ in 0..<options.workers {
                try WorkerThread.start { [self] in work() }
            }
        } catch {
            cancel()
            throw LoaderError(error.reason)
        }
    }

    // MARK: Workers

    private func work() {
        let workspace = Result { try dataset.makeWorkspace() }
        while let (place, result) = loadNext(workspace) {
            state.update { state in
                state.window.complete(place, result)
                return state.takeDelivery()
            }?.deliver()
        }
        // The order may have turned out to be through while the consumer waits for its end.
        state.update { state in state.takeDelivery() }?.deliver()
    }

    /// Loads a sample and lets go of the memory that it went into; `nil` when there are no more.
    private func loadNext(
        _ workspace: Result<Source.Workspace, any Error>
    ) -> (Window.Place, Result<LoadedSample<Source.Sample>, any Error>)? {
        guard let ticket = nextTicket() else { return nil }
        return (ticket.place, Result { try load(ticket, workspace.get()) })
    }

    /// The next sample to load, or `nil` when there are no more.
    private func nextTicket() -> Window.Ticket? {
        state.wait { state in
            let ticket = state.window.takeTicket {
                try dataset.makeStorage(slots: options.batchSize)
            }
            if let ticket { return .some(ticket) }
            return state.window.isThrough ? .some(nil) : nil
        }
    }

    private func load(
        _ ticket: Window.Ticket, _ workspace: Source.Workspace
    ) throws -> LoadedSample<Source.Sample> {
        var draws = PositionalDraws(seed: options.seed, position: ticket.position)
        let sample = try dataset.load(
            ticket.index, position: ticket.position, draws: &draws, policy: options.failurePolicy,
            into: ticket.storage, slot: ticket.slot, workspace: workspace)
        for failure in sample.failures {
            options.logger.warning("replaced: \(failure)")
            options.onFailure?(failure)
        }
        return sample
    }

    // MARK: Consumer

    /// The next batch, waiting for it on this thread; `nil` after the last one.
    func waitForNext() throws -> Source.Batch? {
        try collate(state.wait { state in state.window.takeOutcome() })
    }

    /// The next batch, waiting for it without a thread; `nil` after the last one.
    func next() async throws -> Source.Batch? {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { consumer in
                state.update { state in
                    state.consumer = consumer
                    return state.takeDelivery()
                }?.deliver()
            }
        } onCancel: {
            cancel()
        }
        try Task.checkCancellation()
        return try collate(outcome)
    }

    private func collate(_ outcome: Window.Outcome) throws -> Source.Batch? {
        switch outcome {
        case .batch(let samples, let storage): dataset.collate(samples, in: storage)
        case .failure(let error): throw error
        case .end: nil
        }
    }

    /// Lets the threads end after the samples that they are at, and forgets what is loaded.
    func cancel() {
        state.update { state in
            state.window.abandon()
            return state.takeDelivery()
        }?.deliver()
    }
}
