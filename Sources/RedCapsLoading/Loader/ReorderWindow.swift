/// Which samples are under way, and which batch is due next: the loader's whole bookkeeping of the
/// order, as a plain value that knows nothing of threads.
///
/// Samples have numbers of their own here, `0, 1, 2 …` in the order in which this process loads
/// them. Threads take the lowest that they may, so that all of them work on the batch that is due
/// before any begins the next, and bring results in any order. Batches come out in order.
package struct ReorderWindow<Sample: Sendable, Storage: Sendable>: Sendable {
    private struct Batch {
        let planned: PlannedBatch
        /// The number of its first sample.
        let firstSample: Int
        var storage: Storage?
        var results: [Result?]
        var remaining: Int
        /// The first slot known to end the run: nothing of what comes after it counts.
        var fatalSlot: Int?

        /// Whether all results that count are there.
        var isDue: Bool {
            remaining == 0 || fatalSlot.map { !results[..<$0].contains { $0 == nil } } ?? false
        }
    }

    private let plan: BatchPlan
    private let policy: FailurePolicy
    /// How many batches may be under way or waiting to be taken.
    private let capacity: Int
    private var draws: DrawPolicy
    private let makeCursor: @Sendable (_ position: Int) throws -> any BatchCursor
    private var cursor: (any BatchCursor)?

    /// Batches that are planned; the first `capacity` of them may be loaded.
    private var batches: [Batch] = []
    /// Where the samples of `batches` begin, and where they end.
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

    /// - Parameters:
    ///   - draws: Who owns the draws of a batch.
    ///   - makeCursor: Makes a cursor for batches from a position of this rank's on.
    package init(
        _ plan: BatchPlan, capacity: Int, draws: DrawPolicy, policy: FailurePolicy,
        makeCursor: @escaping @Sendable (_ position: Int) throws -> any BatchCursor
    ) {
        self.plan = plan
        self.capacity = max(capacity, draws.ownerCount)
        self.draws = draws
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
        let indices: [Int]
        do {
            if cursor == nil { cursor = try makeCursor(positions.start) }
            indices = try cursor?.indices(at: positions) ?? []
            guard indices.count <= positions.count, indices.isEmpty == positions.isEmpty else {
                throw LoaderError(
                    "the sampler gave \(indices.count) indices for a batch of \(positions.count)")
            }
        } catch {
            (failure, isPlanned) = (error, true)
            return
        }
        let covered = BatchPositions(
            start: positions.start, stride: positions.stride, count: indices.count)
        batches.append(
            Batch(
                planned: PlannedBatch(indices, number: number, positions: covered),
                firstSample: plannedSamples, results: Array(repeating: nil, count: indices.count),
                remaining: indices.count))
        plannedSamples += indices.count
        leftToPlan -= 1
        nextNumber = number + 1
    }

    /// The batch and slot of a sample, which is planned if there is one.
    private mutating func find(_ sample: Int) -> (batch: Int, slot: Int)? {
        while sample >= plannedSamples, !isPlanned { planBatch() }
        guard sample < plannedSamples, sample >= firstSample else { return nil }
        // No batch is larger than `batchSize`, so that it can't be an earlier one.
        var batch = (sample - firstSample) / plan.batchSize
        while sample >= batches[batch].firstSample + batches[batch].planned.indices.count {
            batch += 1
        }
        return (batch, sample - batches[batch].firstSample)
    }

    /// The index of a sample, however far ahead; `nil` past the last.
    package mutating func index(of sample: Int) -> Int? {
        find(sample).map { batches[$0.batch].planned.indices[$0.slot] }
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
        _ sample: Int, atMost count: Int, makeStorage: (PlannedBatch) throws -> Storage
    ) -> Ticket? {
        guard let (batch, slot) = find(sample) else { return nil }
        guard let storage = storage(ofBatch: batch, makeStorage) else { return nil }
        var taken = 1
        while taken < count, slot + taken < batches[batch].planned.indices.count,
            sample + taken < plannedSamples, !takenAhead.contains(sample + taken)
        {
            taken += 1
        }
        if sample == head { head += taken } else { takenAhead.formUnion(sample..<(sample + taken)) }
        while takenAhead.remove(head) != nil { head += 1 }
        return ticket(batch, slot..<(slot + taken), storage)
    }

    /// Whether batches are taken whole, with `takeBatch`, instead of sample by sample.
    package var takesWholeBatches: Bool { draws.takesWholeBatches }

    /// Takes a whole batch, the first whose owner of draws isn't at another one.
    package mutating func takeBatch(makeStorage: (PlannedBatch) throws -> Storage) -> Ticket? {
        for batch in 0..<capacity {
            while batches.count <= batch, !isPlanned { planBatch() }
            guard batch < batches.count else { return nil }
            guard batches[batch].storage == nil, batches[batch].remaining > 0,
                draws.mayBegin(batches[batch].planned.number)
            else { continue }
            guard let storage = storage(ofBatch: batch, makeStorage) else { return nil }
            return ticket(batch, 0..<batches[batch].planned.indices.count, storage)
        }
        return nil
    }

    private mutating func storage(
        ofBatch batch: Int, _ makeStorage: (PlannedBatch) throws -> Storage
    ) -> Storage? {
        if let storage = batches[batch].storage { return storage }
        do {
            let storage = try makeStorage(batches[batch].planned)
            batches[batch].storage = storage
            return storage
        } catch {
            // The batches before it still come; this one and those after it don't.
            plannedSamples = batches[batch].firstSample
            batches.removeSubrange(batch...)
            (failure, isPlanned) = (error, true)
            return nil
        }
    }

    private mutating func ticket(_ batch: Int, _ slots: Range<Int>, _ storage: Storage) -> Ticket {
        let planned = batches[batch].planned
        return Ticket(
            place: Place(batch: planned.number, slot: slots.lowerBound),
            number: batches[batch].firstSample + slots.lowerBound,
            positions: BatchPositions(
                start: planned.positions[slots.lowerBound], stride: planned.positions.stride,
                count: slots.count),
            indices: planned.indices[slots], storage: storage, draws: draws.begin(planned.number))
    }

    /// Who owns the draws of a ticket's samples, if somebody does.
    package func owner(of ticket: Ticket) -> Int? { draws.owner(ofBatch: ticket.batch) }

    /// Takes in the results of a ticket, and what they have drawn from. After one that ends the run,
    /// whatever comes before it, nothing more is begun.
    /// - Returns: Whether a batch is all there now, or as much of it as counts.
    package mutating func complete(
        _ place: Place, _ results: [Result], _ draws: DrawPolicy.Draws
    ) -> Bool {
        self.draws.finish(place.batch, draws)
        guard let batch = batches.firstIndex(where: { $0.planned.number == place.batch }) else {
            return false
        }
        for (offset, result) in results.enumerated() {
            batches[batch].results[place.slot + offset] = result
            if isFatal(result) { end(at: place.slot + offset, ofBatch: batch) }
        }
        batches[batch].remaining -= results.count
        return batches[batch].isDue
    }

    /// Whether a result ends the run, whatever it is the result of.
    private func isFatal(_ result: Result) -> Bool {
        switch result {
        case .loaded: false
        case .failed: policy.action != .skip
        case .broken: true
        }
    }

    /// Forgets all that comes after a slot.
    private mutating func end(at slot: Int, ofBatch batch: Int) {
        batches[batch].fatalSlot = min(slot, batches[batch].fatalSlot ?? slot)
        plannedSamples = min(plannedSamples, batches[batch].firstSample + slot + 1)
        batches.removeSubrange((batch + 1)...)
        isPlanned = true
    }

    // MARK: Delivering

    /// Whether no sample is left to be taken.
    package mutating func isThrough() -> Bool {
        guard takesWholeBatches else { return find(head) == nil }
        return isPlanned && batches.allSatisfy { $0.storage != nil || $0.remaining == 0 }
    }

    /// How many batches are all there.
    package var finishedCount: Int { batches.prefix(capacity).count { $0.isDue } }

    /// What is due next, or `nil` while it isn't all there.
    package mutating func takeOutcome(
        makeStorage: (PlannedBatch) throws -> Storage
    ) -> Outcome? {
        if batches.isEmpty { planBatch() }
        guard let batch = batches.first else {
            defer { failure = nil }
            return failure.map { .failure($0, []) } ?? end()
        }
        guard batch.isDue else { return nil }
        let storage: Storage
        do {
            storage = try batch.storage ?? makeStorage(batch.planned)
        } catch {
            cancel()
            return .failure(error, [])
        }
        batches.removeFirst()
        firstSample += batch.planned.indices.count
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
                cancel()
                return .failure(error, failures)
            case nil: break
            }
            if judged.loaded == 0 { lastFailures = failures }
            if isFatal || !policy.budget.bears(judged.failures, of: judged.positions) {
                let error = TooManyFailures(failures: failures, count: judged.failures)
                cancel()
                return .failure(error, failures)
            }
        }
        return .batch(
            Finished(
                number: batch.planned.number, positions: batch.planned.positions,
                samples: samples, storage: storage, failures: failures,
                owner: draws.owner(ofBatch: batch.planned.number),
                drawState: draws.deliver(batch.planned.number)))
    }

    /// Drops everything; what is still under way will be ignored.
    package mutating func cancel() {
        (isPlanned, failure) = (true, nil)
        judged.failures = 0
        batches.removeAll()
        takenAhead.removeAll()
        firstSample = plannedSamples
        head = plannedSamples
    }
}
