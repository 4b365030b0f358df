/// Which batches a rank loads, and which positions each of them covers: arithmetic only.
package struct BatchPlan: Sendable {
    package var batchSize: Int
    package var rank = 0
    package var worldSize = 1
    /// Where the numbering begins: the number of a batch and the position of the whole stream that
    /// it begins at.
    package var origin = (number: 0, position: 0)
    /// The first batch to load.
    package var firstNumber = 0
    /// How many batches to load, those left out not counted.
    package var limit = Int.max
    /// Batches that are left out, by number.
    package var skips: [Range<Int>] = []
    /// Where the order ends.
    package var end: Int?
    /// Whether a batch that the order's end cuts short is left out.
    package var dropsLast = false
    /// Epochs that begin with a new batch each; they are then numbered from the very first.
    package var epochs: EpochPlan?
    /// How many positions an epoch of the order has, if it has any; batches may go across.
    package var samplesPerEpoch: Int?

    /// Whether it covers the order from its beginning, and all of it.
    var isWhole: Bool {
        worldSize == 1 && origin.position == 0 && firstNumber == 0 && skips.isEmpty
    }

    package init(batchSize: Int) { self.batchSize = batchSize }

    /// The position of the whole stream that a batch begins at; `nil` past the last number.
    package func position(ofBatch number: Int) -> Int? {
        if let epochs { return epochs.position(ofBatch: number) }
        let (step, tooWide) = batchSize.multipliedReportingOverflow(by: worldSize)
        let (distance, tooFar) = (number - origin.number).multipliedReportingOverflow(by: step)
        let (position, outside) = origin.position.addingReportingOverflow(distance)
        guard !tooWide, !tooFar, !outside, (Int.max - position) / 2 > step else { return nil }
        return position
    }

    /// What a batch covers; `nil` if the order is over before it.
    package func positions(ofBatch number: Int) -> BatchPositions? {
        if let epochs { return epochs.positions(ofBatch: number, before: end ?? .max) }
        guard let start = position(ofBatch: number) else { return nil }
        let first = start + rank
        guard let end else {
            return BatchPositions(start: first, stride: worldSize, count: batchSize)
        }
        guard start < end, !dropsLast || end - start >= batchSize * worldSize else { return nil }
        let rest = first < end ? (end - first + worldSize - 1) / worldSize : 0
        return BatchPositions(start: first, stride: worldSize, count: min(batchSize, rest))
    }

    /// The first number from one on that isn't left out.
    func number(from number: Int) -> Int {
        var number = number
        // A range may lead into another: at most once each.
        for _ in skips {
            guard let skip = skips.first(where: { $0.contains(number) }) else { break }
            number = skip.upperBound
        }
        return number
    }

    /// Where the whole stream is after a batch.
    package func position(afterBatch number: Int) -> Int {
        let position = position(ofBatch: number + 1) ?? .max
        return end.map { min($0, position) } ?? position
    }
}
