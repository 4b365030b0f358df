/// The positions of the stream that a batch covers, whatever fails: `start`, `start + stride`, …
public struct BatchPositions: Sendable, Hashable, Codable, RandomAccessCollection {
    /// The position of the first sample.
    public let start: Int
    /// The distance from one to the next: the number of ranks.
    public let stride: Int
    /// How many there are.
    public let count: Int

    /// `start`, `start + stride`, … `count` of them.
    public init(start: Int, stride: Int, count: Int) {
        (self.start, self.stride, self.count) = (start, stride, count)
    }

    /// 0.
    public var startIndex: Int { 0 }
    /// The count.
    public var endIndex: Int { count }
    /// The position of a slot.
    public subscript(slot: Int) -> Int { start + slot * stride }
}

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
    /// How many positions an epoch has, if each begins with a new batch and every rank has as many
    /// batches as its own share of one fills. They are then numbered from the very first.
    package var epochLength: Int?

    /// Whether it covers the order from its beginning, and all of it.
    var isWhole: Bool {
        worldSize == 1 && origin.position == 0 && firstNumber == 0 && skips.isEmpty
    }

    package init(batchSize: Int) { self.batchSize = batchSize }

    /// The position of the whole stream that a batch begins at; `nil` past the last number.
    package func position(ofBatch number: Int) -> Int? {
        if let epochLength {
            let (epoch, batch) = place(ofBatch: number)
            let (start, tooFar) = epoch.multipliedReportingOverflow(by: epochLength)
            guard !tooFar, (Int.max - start) / 4 > epochLength else { return nil }
            return start + batch * batchSize * worldSize
        }
        let (step, tooWide) = batchSize.multipliedReportingOverflow(by: worldSize)
        let (distance, tooFar) = (number - origin.number).multipliedReportingOverflow(by: step)
        let (position, outside) = origin.position.addingReportingOverflow(distance)
        guard !tooWide, !tooFar, !outside, (Int.max - position) / 2 > step else { return nil }
        return position
    }

    /// What a batch covers; `nil` if the order is over before it.
    package func positions(ofBatch number: Int) -> BatchPositions? {
        guard let start = position(ofBatch: number) else { return nil }
        let first = start + rank
        if let epochLength {
            let batch = place(ofBatch: number).batch
            guard batch < batches(inEpoch: epochLength), start < end ?? .max else { return nil }
            let rest = share(ofEpoch: epochLength) - batch * batchSize
            return BatchPositions(start: first, stride: worldSize, count: min(batchSize, rest))
        }
        guard let end else {
            return BatchPositions(start: first, stride: worldSize, count: batchSize)
        }
        guard start < end, !dropsLast || end - start >= batchSize * worldSize else { return nil }
        let rest = first < end ? (end - first + worldSize - 1) / worldSize : 0
        return BatchPositions(start: first, stride: worldSize, count: min(batchSize, rest))
    }

    /// Which epoch a batch is of, and which of its batches it is.
    package func place(ofBatch number: Int) -> (epoch: Int, batch: Int) {
        guard let epochLength, case let count = batches(inEpoch: epochLength), count > 0 else {
            return (0, number)
        }
        return (number / count, number % count)
    }

    private func batches(inEpoch length: Int) -> Int {
        (share(ofEpoch: length) + (dropsLast ? 0 : batchSize - 1)) / batchSize
    }

    /// How many positions of an epoch are this rank's.
    private func share(ofEpoch length: Int) -> Int {
        (max(0, length - rank) + worldSize - 1) / worldSize
    }

    /// The next batch that isn't left out, from a number on.
    package func number(from number: Int) -> Int {
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
