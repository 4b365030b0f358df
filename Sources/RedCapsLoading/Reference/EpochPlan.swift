/// The batches of Python's epochs: each epoch begins with a new batch, and every rank has as many
/// batches as its own share of one fills. Arithmetic only.
package struct EpochPlan: Sendable {
    /// How many positions an epoch has, all ranks together.
    let length: Int
    let batchSize: Int
    let rank: Int
    let worldSize: Int
    /// Whether a batch that an epoch's end cuts short is left out.
    let dropsLast: Bool

    /// Which epoch a batch is of, and which of its batches it is.
    func place(ofBatch number: Int) -> (epoch: Int, batch: Int) {
        let count = batchesInEpoch
        return count > 0 ? (number / count, number % count) : (0, number)
    }

    /// The position of the whole stream that a batch begins at; `nil` past the last number.
    func position(ofBatch number: Int) -> Int? {
        let (epoch, batch) = place(ofBatch: number)
        let (start, tooFar) = epoch.multipliedReportingOverflow(by: length)
        guard !tooFar, (Int.max - start) / 4 > length else { return nil }
        return start + batch * batchSize * worldSize
    }

    /// What a batch covers; `nil` if the order is over before it.
    func positions(ofBatch number: Int, before end: Int) -> BatchPositions? {
        guard let start = position(ofBatch: number),
            case let batch = place(ofBatch: number).batch, batch < batchesInEpoch, start < end
        else { return nil }
        return BatchPositions(
            start: start + rank, stride: worldSize, count: min(batchSize, share - batch * batchSize)
        )
    }

    /// How many batches of this rank an epoch has.
    var batchesInEpoch: Int { (share + (dropsLast ? 0 : batchSize - 1)) / batchSize }

    /// How many positions of an epoch are this rank's.
    private var share: Int { (max(0, length - rank) + worldSize - 1) / worldSize }
}
