internal import RedCapsBase

/// The queues in which the threads of a loader wait, by kind.
enum WaitQueue {
    static let workers = 0
    static let readers = 1
    static let consumer = 2
    static let watch = 3
    static let count = 4
}

/// What the threads of a loader share, under one lock.
struct LoaderState<Source: Dataset>: Sendable {
    typealias Window = ReorderWindow<Source.Sample, Source.Storage>
    typealias Consumer = CheckedContinuation<Void, Never>
    typealias WakeUps = ConditionLock<LoaderState>.WakeUps

    /// Samples for a worker.
    struct Job: Sendable {
        let ticket: Window.Ticket
        /// What a reader has read of the sample.
        var files: Source.Files?
    }

    /// What a worker made of a job.
    struct Done: Sendable {
        let place: Window.Place
        var results: [Window.Result] = []
        var files: Source.Files?
        var draws: DrawPolicy.Draws
        /// How long its reads took, if it was the worker who read.
        var readTime: UInt64?
    }

    /// Something due, and how many batches were ready when it was taken.
    struct Delivery: Sendable {
        let outcome: Window.Outcome
        let depth: Int
    }

    var window: Window
    var reads: ReadAhead<Source.Files>
    let makeStorage: @Sendable (PlannedBatch) throws -> Source.Storage
    let readsAhead: Bool

    var consumer: Consumer?
    /// What the consumer takes once it is resumed. The thread that resumes it would otherwise keep the
    /// batch's memory until it gets on, which may be a while.
    private var awaited: Delivery?
    var workers = 0
    var readers = 0
    var idleReaders = 0
    /// Not once the system has refused a thread.
    var mayAddReaders = true
    private var numberedReaders = 0
    var isCancelled = false

    init(
        window: Window, reads: ReadAhead<Source.Files>, readsAhead: Bool,
        makeStorage: @escaping @Sendable (PlannedBatch) throws -> Source.Storage
    ) {
        self.window = window
        self.reads = reads
        self.readsAhead = readsAhead
        self.makeStorage = makeStorage
    }

    // MARK: Workers

    /// The next samples to load.
    mutating func takeJob(atMost count: Int, _ wakeUps: inout WakeUps) -> Job? {
        let job =
            window.takesWholeBatches
            ? window.takeBatch(makeStorage: makeStorage).map { Job(ticket: $0) }
            : takeSamples(count, &wakeUps)
        if window.isThrough() { announceEnd(&wakeUps) }
        return job
    }

    /// Tells everyone that no sample is left: there may have been no memory for the next batch, or the
    /// order may have failed, which is what the consumer waits for then.
    func announceEnd(_ wakeUps: inout WakeUps) {
        wakeEveryone(&wakeUps)
        wakeUps.all(in: WaitQueue.consumer)
    }

    private mutating func takeSamples(_ count: Int, _ wakeUps: inout WakeUps) -> Job? {
        guard
            let sample = readsAhead
                ? Self.decodable(&window, reads) : window.candidate(where: { _ in true }),
            let ticket = window.take(
                sample, atMost: reads.isAtRest ? count : 1, makeStorage: makeStorage)
        else { return nil }
        guard readsAhead, let files = self.reads.take(sample) else { return Job(ticket: ticket) }
        wakeUps.one(in: WaitQueue.readers)
        return Job(ticket: ticket, files: files)
    }

    /// The first sample that a decoder may take. `reads` is only looked at: a copy of it here would
    /// make the next change copy everything.
    private static func decodable(
        _ window: inout Window, _ reads: ReadAhead<Source.Files>
    ) -> Int? {
        window.candidate { reads.mayDecode($0) }
    }

    /// Takes in what a worker has loaded.
    mutating func finish(_ done: Done, _ wakeUps: inout WakeUps) {
        // Another batch may be waiting for what this one has drawn from.
        if window.takesWholeBatches { wakeUps.all(in: WaitQueue.workers) }
        if let files = done.files { reads.recycle(files) }
        if let time = done.readTime { learn(time, &wakeUps) }
        if window.complete(done.place, done.results, done.draws) {
            wakeUps.all(in: WaitQueue.consumer)
        }
    }

    private mutating func learn(_ time: UInt64, _ wakeUps: inout WakeUps) {
        let before = reads.isNeeded
        reads.learn(nanoseconds: time)
        if before != reads.isNeeded { wakeEveryone(&wakeUps) }
    }

    /// Whether a thread that reads should be added.
    mutating func wantsReader() -> Bool {
        guard readsAhead, mayAddReaders, !isCancelled, idleReaders == 0, readers < reads.limit,
            let sample = reads.sampleToRead(from: window.firstUntaken),
            window.index(of: sample) != nil
        else { return false }
        readers += 1
        return true
    }

    // MARK: Readers

    /// The number of a reader that has just begun; readers stay until the end.
    mutating func takeReaderNumber() -> Int {
        defer { numberedReaders += 1 }
        return min(numberedReaders, reads.limit - 1)
    }

    /// The next sample to read ahead, and memory for it if there is some.
    mutating func takeRead() -> (sample: Int, index: Int, files: Source.Files?)? {
        guard let sample = reads.sampleToRead(from: window.firstUntaken),
            let index = window.index(of: sample)
        else { return nil }
        return (sample, index, reads.begin(sample))
    }

    /// Takes in what a reader has read.
    mutating func finishRead(
        _ sample: Int, _ files: Source.Files, bytes: Int, time: UInt64, _ wakeUps: inout WakeUps
    ) {
        guard !isCancelled else { return }
        reads.finish(sample, files, bytes: bytes)
        learn(time, &wakeUps)
        wakeUps.one(in: WaitQueue.workers)
    }

    // MARK: Consumer

    /// What is due, if it is all there.
    mutating func takeDelivery(_ wakeUps: inout WakeUps) -> Delivery? {
        let depth = window.finishedCount
        guard let outcome = window.takeOutcome(makeStorage: makeStorage) else { return nil }
        wakeEveryone(&wakeUps)
        return Delivery(outcome: outcome, depth: depth)
    }

    /// What is due, if the consumer that waits for it without a thread can have it now.
    mutating func takeAwaited(_ wakeUps: inout WakeUps) -> Consumer? {
        guard let consumer, let delivery = takeDelivery(&wakeUps) else { return nil }
        self.consumer = nil
        awaited = delivery
        return consumer
    }

    /// What the consumer that was resumed takes.
    mutating func takeHandedOver() -> Delivery? {
        defer { awaited = nil }
        return awaited
    }

    mutating func cancel(_ wakeUps: inout WakeUps) {
        isCancelled = true
        window.cancel()
        reads.cancel()
        wakeEveryone(&wakeUps)
        wakeUps.all(in: WaitQueue.consumer)
        wakeUps.all(in: WaitQueue.watch)
    }

    private func wakeEveryone(_ wakeUps: inout WakeUps) {
        wakeUps.all(in: WaitQueue.workers)
        wakeUps.all(in: WaitQueue.readers)
    }
}
