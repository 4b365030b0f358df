import RedCapsBase

/// All samples again and again, shuffled so that only some shards are read from at a time: the
/// shards are shuffled, and then the samples within each group of neighbours. Version 1 of
/// `Docs/Order.md`.
///
/// That is nearly as good as reading in order for a disk or a network file system, which a shuffle
/// of all samples isn't. Each epoch has every sample once, and other groups.
public struct BlockShuffledSampler: Sampler {
    /// How many shards are read from at a time.
    public let shardsOpen: Int
    /// What chooses all shuffles.
    public let seed: UInt64

    /// The order's version, the number of shards, and the seed.
    public var identity: String { "blockShuffled:v1:\(shardsOpen):\(seed)" }

    /// Never ends.
    public func length(over layout: DatasetLayout) -> Int? { nil }

    /// As many as there are samples.
    public func samplesPerEpoch(over layout: DatasetLayout) -> Int? { layout.count }

    /// A cursor that keeps the order of the epoch's shards: three numbers for each.
    /// - Throws: `LoaderError` if the shards' samples aren't in one piece in the list, or can't be
    ///   found, and for less than one shard.
    public func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> some IteratorProtocol<Int> & Sendable {
        guard shardsOpen >= 1 else {
            throw LoaderError("shardsOpen = \(shardsOpen) isn't positive")
        }
        let sizes: [Int]
        do {
            sizes = try layout.shards()
        } catch {
            throw error as? LoaderError ?? LoaderError("the shards can't be found: \(error)")
        }
        guard sizes.allSatisfy({ (0...layout.count).contains($0) }),
            sizes.reduce(0, { $0.advanced(within: $1) }) == layout.count
        else {
            throw LoaderError("the shards' samples don't add up to \(layout.count)")
        }
        return OrderCursor(
            BlockShuffledOrder(sizes.filter { $0 > 0 }, shardsOpen: shardsOpen, seed: seed),
            at: position, shardIndex: shardIndex, shardCount: shardCount)
    }
}

/// A block-shuffled order over known shards.
struct BlockShuffledOrder: PositionedOrder {
    let length: Int
    /// Where each shard's samples begin in the data set; last, where they all end.
    private let starts: [Int]
    private let shardsOpen: Int
    private let seed: UInt64

    private var epoch = 0
    /// The shards in the order of the epoch, and where each begins in it.
    private var shards: [Int] = []
    private var places: [Int] = []

    /// The places of the epoch, and among `shards`, that the window last asked for has.
    private var window = 0..<0
    private var windowShards = 0..<0
    private var shuffle: KeyedPermutation?

    init(_ sizes: [Int], shardsOpen: Int, seed: UInt64) {
        starts = sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        length = sizes.isEmpty ? 0 : .max
        self.shardsOpen = shardsOpen
        self.seed = seed
        if !sizes.isEmpty { begin(0) }
    }

    mutating func index(at position: Int) -> Int {
        let (epoch, place) = position.quotientAndRemainder(dividingBy: starts[starts.count - 1])
        if epoch != self.epoch { begin(epoch) }
        if !window.contains(place) { moveWindow(to: place) }
        let shuffled = window.lowerBound + (shuffle?[place - window.lowerBound] ?? 0)
        var (low, high) = (windowShards.lowerBound, windowShards.upperBound)
        while high - low > 1 {
            let middle = (low + high) / 2
            if places[middle] <= shuffled { low = middle } else { high = middle }
        }
        return starts[shards[low]] + shuffled - places[low]
    }

    private mutating func begin(_ epoch: Int) {
        self.epoch = epoch
        window = 0..<0
        let count = starts.count - 1
        let permutation = KeyedPermutation(count: count, seed: seed, epoch: epoch)
        shards = (0..<count).map { permutation[$0] }
        places = shards.reduce(into: [0]) { places, shard in
            places.append(places[places.count - 1] + starts[shard + 1] - starts[shard])
        }
    }

    private mutating func moveWindow(to place: Int) {
        let shard = places.partitionPoint { $0 > place } - 1
        let number = shard / shardsOpen
        let first = number * shardsOpen
        windowShards = first..<min(first.advanced(within: shardsOpen), shards.count)
        window = places[windowShards.lowerBound]..<places[windowShards.upperBound]
        shuffle = KeyedPermutation(
            count: window.count, seed: SplitMix64.seed(seed, ofPart: epoch), epoch: number)
    }
}

extension Sampler where Self == BlockShuffledSampler {
    /// All samples again and again, shuffled so that only some shards are read from at a time.
    /// - Parameters:
    ///   - shardsOpen: How many shards are mixed with one another; more give a better shuffle.
    ///   - seed: What chooses all shuffles.
    public static func blockShuffled(shardsOpen: Int = 16, seed: UInt64 = 0) -> Self {
        BlockShuffledSampler(shardsOpen: shardsOpen, seed: seed)
    }
}
