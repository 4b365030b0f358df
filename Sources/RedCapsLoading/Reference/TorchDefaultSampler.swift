/// mmengine's `DefaultSampler`, index by index: epochs, each shuffled by a torch generator of its
/// own.
///
/// Python rounds an epoch up to a multiple of the number of ranks; so the order depends on that
/// number. A cursor holds a permutation, 4 bytes for each sample, and is made anywhere at the cost
/// of one.
public struct TorchDefaultSampler: Sampler, EpochSampler {
    /// Whether each epoch is shuffled.
    public let shuffles: Bool
    /// What torch's generator is seeded with, after the number of the epoch is added.
    public let seed: Int
    /// The first epoch.
    public let epoch: Int
    /// How many epochs; `nil` for no end.
    public let epochs: Int?
    /// Whether an epoch is extended from its own start, so that all ranks have equally many samples.
    public let roundsUp: Bool
    /// The number of ranks.
    public let worldSize: Int

    /// Python's name of it, the seed and first epoch, and what it is rounded up to; not the number
    /// of epochs, so that a run can go on for more of them.
    public var identity: String {
        "mmengine.DefaultSampler" + (shuffles ? ":shuffled:\(seed)+\(epoch)" : "")
            + (roundsUp ? ":up:\(worldSize)" : "")
    }

    private var rounding: EpochRounding { roundsUp ? .up(toMultipleOf: worldSize) : .none }

    /// As many as all epochs have.
    public func length(over layout: DatasetLayout) -> Int? {
        epochs.map { epochs in
            let length = rounding.rounded(layout.count)
            let (all, overflow) = length.multipliedReportingOverflow(by: max(0, epochs))
            return overflow ? .max : all
        }
    }

    /// As many as the data set has, or a multiple of the ranks.
    public func samplesPerEpoch(over layout: DatasetLayout) -> Int? {
        rounding.rounded(layout.count)
    }

    /// A cursor; rank r of W, which is shard r of W, steps from r by W.
    /// - Throws: `LoaderError` for another number of ranks than the order is made for, and for more
    ///   samples than torch draws 32 bits for, about 215 million.
    public func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> some IteratorProtocol<Int> & Sendable {
        guard worldSize >= 1, epoch >= 0, epochs ?? 0 >= 0 else {
            throw LoaderError(
                "worldSize = \(worldSize), epoch = \(epoch), epochs = \(epochs ?? 0) make no sense")
        }
        let length = rounding.rounded(layout.count)
        if roundsUp, worldSize != shardCount {
            throw LoaderError(
                "the sampler is made for \(worldSize) ranks, and there are \(shardCount); "
                    + "its epochs depend on that")
        }
        // The limit is checked here: an epoch's generator is made when the epoch begins.
        _ = try TorchPermutations(count: layout.count, seed: seed, shuffles: shuffles)
        return OrderCursor(
            TorchDefaultOrder(
                length: layout.count > 0 ? self.length(over: layout) ?? .max : 0,
                count: layout.count, epochLength: length, firstEpoch: epoch,
                seed: shuffles ? seed : nil),
            at: position, shardIndex: shardIndex, shardCount: shardCount)
    }
}

private struct TorchDefaultOrder: PositionedOrder {
    let length: Int
    private let count: Int
    private let epochLength: Int
    private let firstEpoch: Int
    private let seed: Int?
    private var epoch = -1
    private var permutation: [UInt32] = []

    init(length: Int, count: Int, epochLength: Int, firstEpoch: Int, seed: Int?) {
        self.length = length
        self.count = count
        self.epochLength = epochLength
        self.firstEpoch = firstEpoch
        self.seed = seed
    }

    mutating func index(at position: Int) -> Int {
        let (epoch, place) = position.quotientAndRemainder(dividingBy: epochLength)
        let within = place < count ? place : place % count
        guard let seed else { return within }
        if epoch != self.epoch {
            var generator = TorchGenerator(seed: seed &+ firstEpoch &+ epoch)
            generator.permute(count, into: &permutation)
            self.epoch = epoch
        }
        return Int(permutation[within])
    }
}

extension Sampler where Self == TorchDefaultSampler {
    /// mmengine's `DefaultSampler`, index by index.
    /// - Parameters:
    ///   - shuffle: Whether each epoch is shuffled.
    ///   - seed: What torch's generator is seeded with, after the number of the epoch is added.
    ///   - epoch: The first epoch.
    ///   - epochs: How many epochs; `nil` for no end. Python's begins each with a new batch.
    ///   - roundUp: Whether an epoch is extended from its own start to a multiple of `worldSize`.
    ///   - worldSize: The number of ranks.
    public static func torchDefault(
        shuffle: Bool = true, seed: Int = 0, epoch: Int = 0, epochs: Int? = 1,
        roundUp: Bool = true, worldSize: Int = 1
    ) -> Self {
        TorchDefaultSampler(
            shuffles: shuffle, seed: seed, epoch: epoch, epochs: epochs, roundsUp: roundUp,
            worldSize: worldSize)
    }
}
