/// The order in which samples are loaded: which index stands at each position of one endless or
/// finite stream, the same for all ranks.
///
/// A sampler is a plain value. A cursor can be made at any position, which is what a resume needs,
/// and steps over the positions of other ranks.
public protocol Sampler: Sendable {
    /// Gives the index of one position of a shard after the other; ends where the order does.
    associatedtype Cursor: IteratorProtocol<Int> & Sendable

    /// Names the order for checkpoints: equal identities give equal orders over equal data sets.
    var identity: String { get }

    /// How many positions the order has; `nil` if it never ends.
    func length(over layout: DatasetLayout) -> Int?

    /// How many positions an epoch has: each of them as many, one after the other from position 0. By
    /// default as many as the order has; `nil` for an order without epochs.
    func samplesPerEpoch(over layout: DatasetLayout) -> Int?

    /// A cursor over one shard of the order: over the positions `position + shardIndex`,
    /// `position + shardIndex + shardCount`, and so on by `shardCount`. All shards together have every
    /// position from `position` on, each once.
    /// - Parameters:
    ///   - position: Where to begin in the whole order, all shards together.
    ///   - shardIndex: Which shard, in `0 ..< shardCount`: the rank.
    ///   - shardCount: How many shards there are: the number of ranks.
    ///   - layout: The data set's size and groups.
    /// - Throws: `LoaderError` if the order makes no sense for such a data set.
    func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> Cursor

    /// A cursor over one shard of the order that chooses the samples of a batch together: what a
    /// loader asks. By default it takes as many from `makeCursor` as a batch has positions.
    ///
    /// The parameters are those of `makeCursor`.
    func makeBatchCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> any BatchCursor
}

extension Sampler {
    /// An order that ends is one epoch; one that never ends has none.
    public func samplesPerEpoch(over layout: DatasetLayout) -> Int? { length(over: layout) }

    /// Batches of single samples, whatever these are.
    public func makeBatchCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> any BatchCursor {
        try SampleBatchCursor(
            self, at: position, shardIndex: shardIndex, shardCount: shardCount, over: layout)
    }

    /// A cursor over the whole order from a position on, as a single process has it.
    /// - Throws: `LoaderError` if the order makes no sense for such a data set.
    public func makeCursor(
        at position: Int = 0, over layout: DatasetLayout
    ) throws(LoaderError) -> Cursor {
        try makeCursor(at: position, shardIndex: 0, shardCount: 1, over: layout)
    }
}

/// A sampler whose order is a function: any position's index is found at once, from nothing else.
public protocol PureSampler: Sampler {
    /// The index at a position that is in the order.
    func index(at position: Int, over layout: DatasetLayout) -> Int
}

extension PureSampler {
    /// A cursor that asks for one index after the other, and keeps nothing in between.
    public func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) -> some IteratorProtocol<Int> & Sendable {
        OrderCursor(
            PureOrder(self, layout), at: position, shardIndex: shardIndex, shardCount: shardCount)
    }
}

/// The order of a pure sampler over one data set.
private struct PureOrder<Order: PureSampler>: PositionedOrder {
    let length: Int
    private let order: Order
    private let layout: DatasetLayout

    init(_ order: Order, _ layout: DatasetLayout) {
        self.order = order
        self.layout = layout
        length = layout.count > 0 ? order.length(over: layout) ?? .max : 0
    }

    func index(at position: Int) -> Int { order.index(at: position, over: layout) }
}

/// What an order may depend on: how many samples a data set has, and how they are grouped.
public struct DatasetLayout: Sendable {
    /// The number of samples.
    public let count: Int
    /// The sizes of the data sets that it is a concatenation of; just `count` for any other.
    public let sources: [Int]
    private let findShards: @Sendable () throws -> [Int]

    /// Describes a data set.
    /// - Parameters:
    ///   - sources: The sizes of its parts, if it has any; they add up to `count`.
    ///   - shards: Finds the lengths of the runs of samples that lie in one shard, in the order of
    ///     the indices; they add up to `count`. Without it all samples count as one shard.
    public init(
        count: Int, sources: [Int]? = nil, shards: (@Sendable () throws -> [Int])? = nil
    ) {
        self.count = count
        self.sources = sources ?? [count]
        findShards = shards ?? { [count] }
    }

    /// The lengths of the runs of samples that lie in one shard, in the order of the indices.
    /// - Throws: What reading the index throws.
    public func shards() throws -> [Int] { try findShards() }
}
