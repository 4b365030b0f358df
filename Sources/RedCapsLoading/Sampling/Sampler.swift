/// The order in which samples are loaded: which index stands at each position of one endless or
/// finite stream, the same for all ranks.
///
/// A sampler is a plain value. A cursor can be made at any position, which is what a resume needs,
/// and steps over the positions of other ranks.
public protocol Sampler: Sendable {
    /// Gives the index of one position after the other; ends where the order does.
    associatedtype Cursor: IteratorProtocol<Int> & Sendable

    /// Names the order for checkpoints: equal identities give equal orders over equal data sets.
    var identity: String { get }

    /// How many positions the order has; `nil` if it never ends.
    func length(over layout: DatasetLayout) -> Int?

    /// How many positions there are to an epoch of Python's, of which in the reference mode each
    /// begins with a new batch; `nil`, the default, if batches go across.
    func epochLength(over layout: DatasetLayout) -> Int?

    /// A cursor over the positions `position`, `position + stride`, `position + 2 * stride` …
    /// - Throws: `LoaderError` if the order makes no sense for such a data set.
    func makeCursor(
        at position: Int, stride: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> Cursor
}

extension Sampler {
    /// None: batches go across whatever borders there are.
    public func epochLength(over layout: DatasetLayout) -> Int? { nil }
}

/// A sampler whose order is a function: any position's index is found at once, from nothing else.
public protocol PureSampler: Sampler {
    /// The index at a position that is in the order.
    func index(at position: Int, over layout: DatasetLayout) -> Int
}

extension PureSampler {
    /// A cursor that asks for one index after the other.
    public func makeCursor(
        at position: Int, stride: Int, over layout: DatasetLayout
    ) -> PureCursor<Self> {
        PureCursor(self, position, stride, layout)
    }
}

/// Walks the order of a pure sampler.
public struct PureCursor<Order: PureSampler>: IteratorProtocol, Sendable {
    private let order: Order
    private let layout: DatasetLayout
    private let stride: Int
    private let end: Int
    private var position: Int

    fileprivate init(_ order: Order, _ position: Int, _ stride: Int, _ layout: DatasetLayout) {
        self.order = order
        self.layout = layout
        self.stride = max(1, stride)
        self.position = max(0, position)
        end = layout.count > 0 ? order.length(over: layout) ?? .max : 0
    }

    /// The index at the next of the positions, or `nil` past the end of the order.
    public mutating func next() -> Int? {
        guard position < end else { return nil }
        defer { position = position.advanced(within: stride) }
        return order.index(at: position, over: layout)
    }
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
