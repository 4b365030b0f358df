/// Which samples are under way, and which batch is due next: the loader's whole bookkeeping of the
/// order, as a plain value that knows nothing of threads.
///
/// Samples have numbers of their own here, `0, 1, 2 …` in the order in which this process loads
/// them. Threads take the lowest that they may, so that all of them work on the batch that is due
/// before any begins the next, and bring results in any order. Batches come out in order.
package struct ReorderWindow<Sample: Sendable, Storage: Sendable>: Sendable {
    /// What became of a sample.
    package enum Result: Sendable {
        case loaded(LoadedSample<Sample>)
        /// It failed, as did those that were tried in its place.
        case failed([SampleFailure])
        /// Nothing can be loaded at all.
        case broken(any Error)
    }

    /// Samples to load, neighbours in one batch.
    package struct Ticket: Sendable {
        package let place: Place
        /// Their positions in the stream.
        package let positions: BatchPositions
        package let indices: ArraySlice<Int>
        package let storage: Storage
        /// The stream of draws that they belong to, where these depend on one another.
        package let stream: Int?
        package var slot: Int { place.slot }
        package var batch: Int { place.batch }
    }

    /// Where results belong. It doesn't hold the storage: a thread that is slow to go on after its
    /// last sample would otherwise keep the memory of a batch that is long gone.
    package struct Place: Sendable {
        fileprivate let batch: Int
        fileprivate let slot: Int
        fileprivate let stream: Int?
    }

    /// A batch that is all there.
    package struct Finished: Sendable {
        package let number: Int
        package let positions: BatchPositions
        package let samples: [LoadedSample<Sample>]
        package let storage: Storage
        package let failures: [SampleFailure]
        package let stream: Int?
    }

    /// What comes out.
    package enum Outcome: Sendable {
        case batch(Finished)
        /// Nothing but the end comes after it. With the failures that haven't been told before.
        case failure(any Error, [SampleFailure])
        /// There are no more batches.
        case end
    }

    private struct Batch {
        let number: Int
        let positions: BatchPositions
        let indices: [Int]
        var storage: Storage?
        var results: [Result?]
        var remaining: Int
    }

    private let plan: BatchPlan
    private let policy: FailurePolicy
    /// How many batches may be under way or waiting to be taken.
    private let capacity: Int
    /// How many streams of draws there are, if a batch belongs to one as a whole.
    private let streams: Int?
    private var busyStreams: Set<Int> = []
    private let makeCursor: @Sendable (Int) throws -> any IteratorProtocol<Int> & Sendable
    private var cursor: (any IteratorProtocol<Int> & Sendable)?
    /// The position that the cursor stands at.
    private var cursorPosition = -1

    /// Batches that are planned; the first `capacity` of them may be loaded.
    private var batches: [Batch] = []
    /// The number of the first sample of the first of `batches`.
    private var firstSample = 0
    private var plannedSamples = 0
    private var nextNumber: Int
    private var leftToPlan: Int
    /// The lowest sample that nobody has taken, and those above it that somebody has.
    private var head = 0
    private var takenAhead: Set<Int> = []
    /// How many samples came out, and how many failed.
    private var judged = (positions: 0, failures: 0, loaded: 0)
    private var lastFailures: [SampleFailure] = []
    /// Why nothing more can be planned.
    private var failure: (any Error)?
    private var isPlanned = false

    package init(
        _ plan: BatchPlan, capacity: Int, streams: Int? = nil, policy: FailurePolicy,
        makeCursor: @escaping @Sendable (Int) throws -> any IteratorProtocol<Int> & Sendable
    ) {
        self.plan = plan
        self.capacity = capacity
        self.streams = streams
        self.policy = policy
        self.makeCursor = makeCursor
        nextNumber = plan.firstNumber
        leftToPlan = plan.limit
    }

    // MARK: Planning

    /// Plans one more batch.
    private mutating func planBatch() {
        guard !isPlanned else { return }
        let number = plan.number(from: nextNumber)
        guard leftToPlan > 0, let positions = plan.positions(ofBatch: number) else {
            isPlanned = true
            return
        }
        do {
            if cursor == nil || cursorPosition != positions.start {
                cursor = try makeCursor(positions.start)
            }
        } catch {
            (failure, isPlanned) = (error, true)
            return
        }
        var indices: [Int] = []
        indices.reserveCapacity(positions.count)
        while indices.count < positions.count, let index = cursor?.next() { indices.append(index) }
        guard indices.count == positions.count else {
            failure = LoaderError(
                "the sampler ended at position \(positions[indices.count]), before its length")
            isPlanned = true
            return
        }
        batches.append(
            Batch(
                number: number, positions: positions, indices: indices,
                results: Array(repeating: nil, count: positions.count),
                remaining: positions.count))
        plannedSamples += positions.count
        leftToPlan -= 1
        cursorPosition = positions[positions.count]
        nextNumber = number + 1
    }

    /// The batch and slot of a sample, which is planned if there is one.
    private mutating func find(_ sample: Int) -> (batch: Int, slot: Int)? {
        while sample >= plannedSamples, !isPlanned { planBatch() }
        guard sample < plannedSamples, sample >= firstSample else { return nil }
        // Only the last batch may be shorter than the others, where samples are taken singly.
        let place = (sample - firstSample).quotientAndRemainder(dividingBy: plan.batchSize)
        return (place.quotient, place.remainder)
    }

    /// The index of a sample, however far ahead; `nil` past the last.
    package mutating func index(of sample: Int) -> Int? {
        find(sample).map { batches[$0.batch].indices[$0.slot] }
    }

    // MARK: Loading

    /// The lowest sample that nobody has taken.
    package var firstUntaken: Int { head }

    /// The lowest sample that may be loaded now and that `isChosen` takes; `nil` if there is none.
    package mutating func candidate(where isChosen: (Int) -> Bool) -> Int? {
        var sample = head
        while let place = find(sample), place.batch < capacity {
            if !takenAhead.contains(sample), isChosen(sample) { return sample }
            sample += 1
        }
        return nil
    }

    /// Takes a sample, and neighbours of it in the same batch up to a count.
    ///
    /// Without memory for its batch the order ends with that failure.
    package mutating func take(
        _ sample: Int, atMost count: Int, makeStorage: () throws -> Storage
    ) -> Ticket? {
        guard let (batch, slot) = find(sample) else { return nil }
        guard let storage = storage(ofBatch: batch, makeStorage) else { return nil }
        var taken = 1
        while taken < count, slot + taken < batches[batch].indices.count,
            !takenAhead.contains(sample + taken)
        {
            taken += 1
        }
        if sample == head { head += taken } else { takenAhead.formUnion(sample..<(sample + taken)) }
        while takenAhead.remove(head) != nil { head += 1 }
        return ticket(batch, slot..<(slot + taken), storage, stream: nil)
    }

    /// Takes a whole batch whose stream of draws nobody else is using.
    package mutating func takeBatch(makeStorage: () throws -> Storage) -> Ticket? {
        guard let streams else { return nil }
        for batch in 0..<capacity {
            while batches.count <= batch, !isPlanned { planBatch() }
            guard batch < batches.count else { return nil }
            let stream = self.stream(ofBatch: batches[batch].number, streams)
            guard batches[batch].storage == nil, batches[batch].remaining > 0,
                !busyStreams.contains(stream)
            else { continue }
            guard let storage = storage(ofBatch: batch, makeStorage) else { return nil }
            busyStreams.insert(stream)
            return ticket(batch, 0..<batches[batch].indices.count, storage, stream: stream)
        }
        return nil
    }

    /// Streams take turns, from the first anew in each epoch.
    private func stream(ofBatch number: Int, _ streams: Int) -> Int {
        plan.place(ofBatch: number).batch % streams
    }

    private mutating func storage(
        ofBatch batch: Int, _ makeStorage: () throws -> Storage
    ) -> Storage? {
        if let storage = batches[batch].storage { return storage }
        do {
            let storage = try makeStorage()
            batches[batch].storage = storage
            return storage
        } catch {
            // The batches before it still come; this one and those after it don't.
            batches.removeSubrange(batch...)
            plannedSamples = firstSample + batches.reduce(0) { $0 + $1.indices.count }
            (failure, isPlanned) = (error, true)
            return nil
        }
    }

    private func ticket(
        _ batch: Int, _ slots: Range<Int>, _ storage: Storage, stream: Int?
    ) -> Ticket {
        let all = batches[batch].positions
        return Ticket(
            place: Place(
                batch: batches[batch].number, slot: slots.lowerBound, stream: stream),
            positions: BatchPositions(
                start: all[slots.lowerBound], stride: all.stride, count: slots.count),
            indices: batches[batch].indices[slots], storage: storage, stream: stream)
    }

    /// Takes in the results of a ticket.
    /// - Returns: Whether a batch is all there now.
    package mutating func complete(_ place: Place, _ results: [Result]) -> Bool {
        if let stream = place.stream { busyStreams.remove(stream) }
        guard let batch = batches.firstIndex(where: { $0.number == place.batch }) else {
            return false
        }
        for (offset, result) in results.enumerated() {
            batches[batch].results[place.slot + offset] = result
        }
        batches[batch].remaining -= results.count
        return batches[batch].remaining == 0
    }

    // MARK: Delivering

    /// Whether no sample is left to be taken.
    package mutating func isThrough() -> Bool {
        guard streams != nil else { return find(head) == nil }
        return isPlanned && batches.allSatisfy { $0.storage != nil || $0.remaining == 0 }
    }

    /// How many batches are all there.
    package var finishedCount: Int { batches.prefix(capacity).count { $0.remaining == 0 } }

    /// What is due next, or `nil` while it isn't all there.
    package mutating func takeOutcome(makeStorage: () throws -> Storage) -> Outcome? {
        if batches.isEmpty { planBatch() }
        guard let batch = batches.first else {
            defer { failure = nil }
            return failure.map { .failure($0, []) } ?? end()
        }
        guard batch.remaining == 0 else { return nil }
        let storage: Storage
        do {
            storage = try batch.storage ?? makeStorage()
        } catch {
            abandon()
            return .failure(error, [])
        }
        batches.removeFirst()
        firstSample += batch.indices.count
        return judge(batch, storage)
    }

    /// The end of the order: a failure if nothing at all could be loaded. Of a part of it, be it the
    /// rest of a run or a rank's share, that says nothing about the whole.
    private mutating func end() -> Outcome {
        guard judged.loaded == 0, judged.failures > 0, plan.isWhole else { return .end }
        defer { judged.failures = 0 }
        return .failure(TooManyFailures(failures: lastFailures, count: judged.failures), [])
    }

    private mutating func judge(_ batch: Batch, _ storage: Storage) -> Outcome {
        var samples: [LoadedSample<Sample>] = []
        samples.reserveCapacity(batch.results.count)
        var failures: [SampleFailure] = []
        var isFatal = false
        for result in batch.results {
            judged.positions += 1
            switch result {
            case .loaded(let sample):
                samples.append(sample)
                judged.loaded += 1
                failures += sample.failures
                judged.failures += sample.failures.count
            case .failed(let all):
                failures += all
                judged.failures += all.count
                isFatal = policy.action != .skip
            case .broken(let error):
                abandon()
                return .failure(error, failures)
            case nil: break
            }
            if judged.loaded == 0 { lastFailures = failures }
            if isFatal || !policy.budget.bears(judged.failures, of: judged.positions) {
                let error = TooManyFailures(failures: failures, count: judged.failures)
                abandon()
                return .failure(error, failures)
            }
        }
        return .batch(
            Finished(
                number: batch.number, positions: batch.positions, samples: samples,
                storage: storage, failures: failures,
                stream: streams.map { stream(ofBatch: batch.number, $0) }))
    }

    /// Drops everything; what is still under way will be ignored.
    package mutating func abandon() {
        (isPlanned, failure) = (true, nil)
        judged.failures = 0
        batches.removeAll()
        takenAhead.removeAll()
        firstSample = plannedSamples
        head = plannedSamples
    }
}
