import RedCapsBase

/// OpenUni's and XTuner's `FixedBatchMultiSourceSampler`, index by index: batches of one source
/// after the other, each so many times in a round.
///
/// Every rank draws its own slice of each source, so the order depends on the number of ranks: a
/// cursor takes the number of shards for that, and a position modulo it for the rank. It
/// holds a permutation of each source, 4 bytes for each sample. Making one costs the drawing of all
/// permutations before it.
public struct FixedBatchMultiSourceSampler: Sampler {
    /// How many batches of each source a round has.
    public let repeats: [Int]
    /// Samples of one source in a row, on one rank.
    public let batchSize: Int
    /// Whether each source's epochs are shuffled.
    public let shuffles: Bool
    /// What torch's generators are seeded with, the same for each source.
    public let seed: Int

    /// Python's name of it, the batches and their size, and the seed when it shuffles.
    public var identity: String {
        let repeats = repeats.map(String.init).joined(separator: ",")
        return "FixedBatchMultiSourceSampler:\(repeats):\(batchSize)"
            + (shuffles ? ":shuffled:\(seed)" : "")
    }

    /// Never ends.
    public func length(over layout: DatasetLayout) -> Int? { nil }

    /// A cursor of one rank, a shard of the order.
    /// - Throws: `LoaderError` unless there is a number of batches for each source that has samples,
    ///   for a batch size below 1, and for sources of more samples than torch draws 32 bits for,
    ///   about 215 million.
    public func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> some IteratorProtocol<Int> & Sendable {
        guard repeats.count == layout.sources.count else {
            throw LoaderError(
                "repeat has \(repeats.count) numbers for a data set of "
                    + "\(layout.sources.count) sources")
        }
        guard (1...65536).contains(batchSize) else {
            throw LoaderError("batch_size = \(batchSize) isn't in 1 ... 65536")
        }
        guard repeats.allSatisfy({ (0...65536).contains($0) }), repeats.contains(where: { $0 > 0 })
        else {
            throw LoaderError("repeat = \(repeats) isn't made of numbers in 0 ... 65536, one not 0")
        }
        for (source, size) in layout.sources.enumerated() where size < 1 && repeats[source] > 0 {
            throw LoaderError("source \(source) is repeated but has no samples")
        }
        return OrderCursor(
            try MultiSourceOrder(self, layout.sources, worldSize: max(1, shardCount)), at: position,
            shardIndex: shardIndex, shardCount: shardCount)
    }
}

private struct MultiSourceOrder: PositionedOrder {
    let length = Int.max
    private struct Part: Sendable {
        let repeats: Int
        /// The batches of a round before its own.
        let firstBatch: Int
        /// Where its samples begin in the data set.
        let start: Int
        var permutations: TorchPermutations
    }

    private var parts: [Part] = []
    private let batchSize: Int
    private let batchesInRound: Int
    private let worldSize: Int

    init(
        _ sampler: FixedBatchMultiSourceSampler, _ sources: [Int], worldSize: Int
    ) throws(LoaderError) {
        var (firstBatch, start) = (0, 0)
        for (repeats, size) in zip(sampler.repeats, sources) {
            if repeats > 0 {
                parts.append(
                    Part(
                        repeats: repeats, firstBatch: firstBatch, start: start,
                        permutations: try TorchPermutations(
                            count: size, seed: sampler.seed, shuffles: sampler.shuffles)))
            }
            firstBatch += repeats
            start += size
        }
        batchSize = sampler.batchSize
        batchesInRound = firstBatch
        self.worldSize = worldSize
    }

    mutating func index(at position: Int) -> Int {
        let (number, rank) = position.quotientAndRemainder(dividingBy: worldSize)
        let (batch, slot) = number.quotientAndRemainder(dividingBy: batchSize)
        let (round, place) = batch.quotientAndRemainder(dividingBy: batchesInRound)
        let part = parts.partitionPoint { $0.firstBatch > place } - 1
        let batchOfPart = round * parts[part].repeats + place - parts[part].firstBatch
        let own = batchOfPart * batchSize + slot
        return parts[part].start
            + parts[part].permutations.element(at: own * worldSize + rank)
    }
}

extension Sampler where Self == FixedBatchMultiSourceSampler {
    /// OpenUni's and XTuner's `FixedBatchMultiSourceSampler`, index by index.
    /// - Parameters:
    ///   - repeats: How many batches of each source a round has.
    ///   - batchSize: Samples of one source in a row, on one rank.
    ///   - shuffle: Whether each source's epochs are shuffled.
    ///   - seed: What torch's generators are seeded with, the same for each source.
    public static func fixedBatchMultiSource(
        repeats: [Int], batchSize: Int, shuffle: Bool = true, seed: Int = 0
    ) -> Self {
        FixedBatchMultiSourceSampler(
            repeats: repeats, batchSize: batchSize, shuffles: shuffle, seed: seed)
    }
}
