/// Which samples are under way, and which batch is due next: the loader's whole bookkeeping, as a
/// plain value that knows nothing of threads.
///
/// Workers take tickets in the order of the samples, so that all of them work on the batch that is
/// due before any begins the next, and bring results in any order. Batches come out in order.
package struct ReorderWindow<Loaded: Sendable, Storage: Sendable>: Sendable {
    /// One sample to load.
    package struct Ticket {
        package let position: Int
        package let index: Int
        package let storage: Storage
        package let place: Place
        package var slot: Int { place.slot }
    }

    /// Where a sample's result belongs. It doesn't hold the storage: a thread that is slow to go on
    /// after its last sample would otherwise keep the memory of a batch that is long gone.
    package struct Place: Sendable {
        fileprivate let batch: Int
        fileprivate let slot: Int
    }

    /// What comes out.
    package enum Outcome: Sendable {
        /// A batch whose samples are all there.
        case batch([Loaded], Storage)
        /// A sample of the batch failed for good; this is the first such failure in it, and nothing
        /// but the end comes after it.
        case failure(any Error)
        /// There are no more batches.
        case end
    }

    private struct Batch {
        let storage: Storage
        var results: [Result<Loaded, any Error>?] = []
        var remaining = 0
    }

    private let batchSize: Int
    private let batchLimit: Int
    private let dropsLast: Bool
    /// How many batches may be under way or waiting to be taken.
    private let capacity: Int
    private var cursor: any IteratorProtocol<Int> & Sendable
    private var nextPosition = 0
    private var batches: [Batch] = []
    /// The number of the first of `batches`.
    private var first = 0
    /// Why no batch could be begun after `batches`.
    private var failure: (any Error)?
    /// The first batch in which a sample failed for good: none is begun after it, but it is filled,
    /// since it may turn out to be the incomplete last one, which is dropped.
    private var failedBatch = Int.max
    /// Whether no more tickets will be given.
    package private(set) var isThrough = false

    package init(
        batchSize: Int, capacity: Int, batchLimit: Int, dropsLast: Bool,
        cursor: any IteratorProtocol<Int> & Sendable
    ) {
        self.batchSize = batchSize
        self.capacity = capacity
        self.batchLimit = batchLimit
        self.dropsLast = dropsLast
        self.cursor = cursor
    }

    /// The next sample to load, or `nil` if the window is full or the order is through.
    ///
    /// Without memory for its batch the order ends with that failure.
    package mutating func takeTicket(makeStorage: () throws -> Storage) -> Ticket? {
        guard !isThrough else { return nil }
        let beginsBatch = batches.last.map { $0.results.count == batchSize } ?? true
        if beginsBatch {
            guard batches.count < capacity else { return nil }
            guard first + batches.count < min(batchLimit, failedBatch) else {
                isThrough = true
                return nil
            }
        }
        guard let index = cursor.next() else {
            endOrder()
            return nil
        }
        if beginsBatch {
            do {
                batches.append(Batch(storage: try makeStorage()))
            } catch {
                (failure, isThrough) = (error, true)
                return nil
            }
        }
        let last = batches.count - 1
        batches[last].results.append(nil)
        batches[last].remaining += 1
        defer { nextPosition += 1 }
        return Ticket(
            position: nextPosition, index: index, storage: batches[last].storage,
            place: Place(batch: first + last, slot: batches[last].results.count - 1))
    }

    private mutating func endOrder() {
        isThrough = true
        if dropsLast, let last = batches.last, last.results.count < batchSize {
            batches.removeLast()
        }
    }

    /// Takes in a result.
    package mutating func complete(_ place: Place, _ result: Result<Loaded, any Error>) {
        let batch = place.batch - first
        // The batch is gone if it was the incomplete last one, which is dropped.
        guard batches.indices.contains(batch) else { return }
        batches[batch].results[place.slot] = result
        batches[batch].remaining -= 1
        guard case .failure = result else { return }
        failedBatch = min(failedBatch, place.batch)
        if batch < batches.count - 1 { isThrough = true }
    }

    /// What is due next, or `nil` while it isn't all there.
    package mutating func takeOutcome() -> Outcome? {
        guard let batch = batches.first else {
            defer { failure = nil }
            return failure.map { .failure($0) } ?? (isThrough ? .end : nil)
        }
        guard batch.remaining == 0, isThrough || batch.results.count == batchSize else {
            return nil
        }
        batches.removeFirst()
        first += 1
        do {
            return .batch(try batch.results.compactMap { try $0?.get() }, batch.storage)
        } catch {
            abandon()
            return .failure(error)
        }
    }

    /// Drops everything; what is still under way will be ignored.
    package mutating func abandon() {
        isThrough = true
        failure = nil
        first += batches.count
        batches.removeAll()
    }
}
