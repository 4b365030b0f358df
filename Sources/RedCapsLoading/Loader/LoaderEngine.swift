internal import Logging
internal import RedCapsBase
internal import Synchronization

/// One run of a loader: its threads, and what they do with what they share.
final class LoaderEngine<Source: Dataset>: Sendable {
    private typealias State = LoaderState<Source>

    /// What a worker does next.
    private enum Step {
        case load(State.Job)
        case resume(State.Consumer)
        case addReader
        case end
    }

    private let dataset: Source
    private let run: LoaderRun
    private let state: ConditionLock<State>
    private let isCancelled = Atomic(false)
    private let failures: FailureReporter
    private let isEndTold = Atomic(false)
    /// Of the workers, then of the readers.
    private let probes: [LoadingProbe]

    /// Starts the threads.
    init(_ dataset: Source, _ run: LoaderRun) throws(LoaderError) {
        self.dataset = dataset
        self.run = run
        let options = run.options
        failures = FailureReporter(options.failurePolicy, options.logger, options.onFailure)
        let draws = options.drawRules.policy(from: run.start, epochs: run.plan.epochs)
        let readsAhead = Source.Files.self != Void.self && !draws.takesWholeBatches
        probes = (0..<(options.workers + (readsAhead ? options.readsInFlight : 0))).map { _ in
            LoadingProbe(retries: options.readRetries)
        }
        let layout = dataset.layout
        let (rank, worldSize) = (options.context.rank, options.context.worldSize)
        let first = State(
            window: ReorderWindow(
                run.plan, capacity: options.prefetchBatches, draws: draws,
                policy: options.failurePolicy
            ) { position in
                CheckedBatchCursor(
                    try options.sampler.makeBatchCursor(
                        at: position - rank, shardIndex: rank, shardCount: worldSize, over: layout),
                    sampleCount: layout.count)
            },
            reads: ReadAhead(limit: options.readsInFlight, byteLimit: options.readAheadBytes),
            readsAhead: readsAhead, makeStorage: { try dataset.makeStorage(for: $0) })
        state = ConditionLock(first, queues: WaitQueue.count)
        run.meter.begin(self, probes)
        try startThreads()
    }

    /// Starts the workers, one at least, and the thread that watches them.
    private func startThreads() throws(LoaderError) {
        let options = run.options
        var started = 0
        do throws(ThreadError) {
            for number in 0..<options.workers {
                state.update { state in state.workers += 1 }
                try WorkerThread.start { [self] in work(probes[number]) }
                started += 1
            }
            if let limit = options.stallLimit {
                try WorkerThread.start { [self] in watch(limit) }
            }
        } catch {
            if started < options.workers { state.update { state in state.workers -= 1 } }
            guard started > 0 else {
                cancel()
                throw LoaderError(error.description)
            }
            options.logger.warning(
                "\(started) of \(options.workers) workers load, and nobody tells if they are stuck: \(error)"
            )
            run.meter.update { $0.workers = started }
        }
    }

    deinit { run.meter.end(ObjectIdentifier(self)) }

    // MARK: Workers

    private func work(_ probe: LoadingProbe) {
        let workspace = Result { try dataset.makeWorkspace(probe: probe) }
        var tuner = RunSizeTuner()
        var done: State.Done?
        while true {
            switch nextStep(&done, atMost: tuner.count) {
            case .load(let job):
                let start = MonotonicTime.nanoseconds
                done = load(job, workspace, probe)
                tuner.learn(MonotonicTime.nanoseconds &- start, samples: job.ticket.indices.count)
            case .resume(let consumer): consumer.resume()
            case .addReader: addReader()
            case .end: return
            }
        }
    }

    /// Hands in what was loaded, and takes what is to be done next.
    private func nextStep(_ done: inout State.Done?, atMost count: Int) -> Step {
        var blocked = false
        let start = MonotonicTime.nanoseconds
        let step = state.wait(in: WaitQueue.workers, blocked: &blocked) { state, wakeUps -> Step? in
            if let finished = done {
                done = nil
                state.finish(finished, &wakeUps)
            }
            if let consumer = state.takeAwaited(&wakeUps) { return .resume(consumer) }
            if state.wantsReader() { return .addReader }
            if let job = state.takeJob(atMost: count, &wakeUps) { return .load(job) }
            // Where nothing could be begun, that may be what is due.
            if let consumer = state.takeAwaited(&wakeUps) { return .resume(consumer) }
            guard state.isCancelled || state.window.isThrough() else { return nil }
            state.workers -= 1
            if state.workers == 0 { wakeUps.all(in: WaitQueue.watch) }
            return .end
        }
        if blocked {
            let waited = MonotonicTime.nanoseconds &- start
            run.meter.update { $0.workerWait += .nanoseconds(Int64(clamping: waited)) }
        }
        return step
    }

    private func load(
        _ job: consuming State.Job, _ workspace: Result<Source.Workspace, any Error>,
        _ probe: LoadingProbe
    ) -> State.Done {
        let ticket = job.ticket
        var done = State.Done(place: ticket.place, draws: ticket.draws)
        done.results.reserveCapacity(ticket.indices.count)
        do {
            let workspace = try workspace.get()
            let isRead = job.files != nil
            if var files = job.files {
                dataset.exchange(&files, with: workspace)
                done.files = files
            }
            let before = probe.readTime
            for (place, index) in ticket.indices.enumerated() {
                guard !isCancelled.load(ordering: .relaxed) else { break }
                let position = ticket.positions[place]
                let slot = ticket.slot + place
                let result = load(
                    index, position, &done.draws, into: ticket.storage, slot, workspace,
                    attempts: run.options.failurePolicy.attempts(atSample: ticket.number + place))
                done.results.append(result)
                // The run ends with it.
                if case .failed = result, run.options.failurePolicy.action != .skip { break }
            }
            if !isRead { done.readTime = probe.readTime &- before }
        } catch {
            done.results = ticket.indices.map { _ in .broken(error) }
        }
        return done
    }

    private func load(
        _ index: Int, _ position: Int, _ draws: inout DrawPolicy.Draws,
        into storage: Source.Storage, _ slot: Int, _ workspace: Source.Workspace, attempts: Int
    ) -> State.Window.Result {
        do throws(TooManyFailures) {
            return .loaded(
                try draws.load(
                    index, of: dataset, position: position, attempts: attempts, into: storage,
                    slot: slot, workspace: workspace,
                    isOver: { isCancelled.load(ordering: .relaxed) }))
        } catch {
            return .failed(error.failures)
        }
    }

    // MARK: Readers

    private func addReader() {
        do throws(ThreadError) {
            try WorkerThread.start { [self] in readAhead() }
        } catch {
            // Those that there are do, and without any the workers read.
            run.options.logger.warning("no more threads read ahead: \(error)")
            state.update(waking: { state, wakeUps in
                state.readers -= 1
                state.mayAddReaders = false
                if state.readers == 0 { state.reads.disable() }
                wakeUps.all(in: WaitQueue.workers)
            })
        }
    }

    private func readAhead() {
        let number = state.update { state in state.takeReaderNumber() }
        let probe = probes[run.options.workers + number]
        var result: (sample: Int, files: Source.Files, bytes: Int, time: UInt64)?
        while true {
            var blocked = false
            var (addsReader, isIdle) = (false, false)
            let read = state.wait(in: WaitQueue.readers, blocked: &blocked) {
                state, wakeUps -> (sample: Int, index: Int, files: Source.Files?)?? in
                if let done = result {
                    result = nil
                    state.finishRead(
                        done.sample, done.files, bytes: done.bytes, time: done.time, &wakeUps)
                }
                if isIdle { state.idleReaders -= 1 }
                isIdle = false
                if let read = state.takeRead() {
                    addsReader = state.wantsReader()
                    return .some(read)
                }
                if state.isCancelled || state.window.isThrough() {
                    state.announceEnd(&wakeUps)
                    return .some(nil)
                }
                state.idleReaders += 1
                isIdle = true
                return nil
            }
            if addsReader { addReader() }
            guard let read else { return }
            var files = read.files ?? dataset.makeFiles()
            let (time, bytes) = (probe.readTime, probe.readBytes)
            dataset.readFiles(of: read.index, into: &files, probe: probe)
            result = (read.sample, files, probe.readBytes - bytes, probe.readTime &- time)
        }
    }

    // MARK: Consumer

    /// The next batch, waiting for it on this thread; `nil` after the last one.
    func waitForNext() throws -> Source.Batch? {
        var blocked = false
        let start = MonotonicTime.nanoseconds
        let delivery = state.wait(in: WaitQueue.consumer, blocked: &blocked) { state, wakeUps in
            state.takeDelivery(&wakeUps)
        }
        return try accept(delivery, waited: MonotonicTime.nanoseconds &- start)
    }

    /// The next batch, waiting for it without a thread; `nil` after the last one.
    func next() async throws -> Source.Batch? {
        let start = MonotonicTime.nanoseconds
        await withTaskCancellationHandler {
            await withCheckedContinuation { (consumer: State.Consumer) in
                let due = state.update(waking: { state, wakeUps in
                    state.consumer = consumer
                    return state.takeAwaited(&wakeUps)
                })
                due?.resume()
            }
        } onCancel: {
            cancel()
        }
        let delivery = state.update(waking: { state, _ in state.takeHandedOver() })
        try Task.checkCancellation()
        let waited = MonotonicTime.nanoseconds &- start
        return try delivery.flatMap { try accept($0, waited: waited) }
    }

    private func accept(_ delivery: State.Delivery, waited: UInt64) throws -> Source.Batch? {
        switch delivery.outcome {
        case .end:
            failures.tellRest()
            if let reason = run.plan.reasonForNoBatches,
                !isEndTold.exchange(true, ordering: .relaxed)
            {
                run.options.logger.warning("\(reason)")
            }
            return nil
        case .failure(let error, let last):
            failures.tell(last)
            // Threads may be trying what nobody wants any more.
            cancel()
            throw error
        case .batch(let batch):
            failures.tell(batch.failures)
            let place = run.plan.place(ofBatch: batch.number)
            let context = BatchContext(
                number: batch.number, positions: batch.positions, failures: batch.failures,
                resumePoint: run.point(afterBatch: batch.number, batch.drawState),
                worker: batch.owner, epoch: place?.epoch, numberInEpoch: place?.batch)
            let collated = run.probe.measure(.collate, of: batch.number) {
                dataset.collate(batch.samples, in: batch.storage, context: context)
            }
            run.delivered(
                context, waited: waited, depth: delivery.depth, samples: batch.samples.count,
                replaced: batch.samples.count { !$0.failures.isEmpty })
            return collated
        }
    }

    // MARK: Watching and ending

    /// Reports stages that take longer than a limit, each once.
    private func watch(_ limit: Duration) {
        let nanoseconds = UInt64(max(1, limit / .nanoseconds(1)))
        let interval = Int(min(max(nanoseconds / 4_000_000, 10), 5_000))
        var told: [Int: UInt64] = [:]
        while true {
            let isOver = state.wait(in: WaitQueue.watch, atMost: interval) { state in
                state.isCancelled || state.workers == 0 ? true : nil
            }
            guard isOver == nil else { return }
            let now = MonotonicTime.nanoseconds
            for (number, probe) in probes.enumerated() {
                guard let activity = probe.activity, now > activity.since,
                    now - activity.since > nanoseconds, told[number] != activity.since
                else { continue }
                told[number] = activity.since
                report(activity.stage, activity.index, now - activity.since)
            }
        }
    }

    private func report(_ stage: LoadingStage, _ index: Int, _ nanoseconds: UInt64) {
        let stall = LoadingStall(
            stage: stage, index: index, place: dataset.place(of: index, stage: stage),
            duration: .nanoseconds(Int64(clamping: nanoseconds)))
        run.meter.update { $0.stalls += 1 }
        run.options.logger.warning("\(stall)")
        run.options.onStall?(stall)
    }

    /// Lets the threads end after the samples that they are at, and forgets what is loaded.
    func cancel() {
        failures.tellRest()
        isCancelled.store(true, ordering: .relaxed)
        for probe in probes { probe.cancel() }
        let due = state.update(waking: { state, wakeUps in
            state.cancel(&wakeUps)
            return state.takeAwaited(&wakeUps)
        })
        due?.resume()
    }
}
