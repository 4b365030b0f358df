/// All samples again and again: shuffled anew each time, or in the order of the list. Version 1 of
/// `Docs/Order.md`.
public struct InfiniteSampler: PureSampler {
    /// Whether each epoch is shuffled.
    public let shuffles: Bool
    /// What chooses the shuffles.
    public let seed: UInt64

    /// The order's version, and the seed when it shuffles.
    public var identity: String { shuffles ? "infinite:v1:shuffled:\(seed)" : "infinite:v1" }

    /// Never ends.
    public func length(over layout: DatasetLayout) -> Int? { nil }

    /// As many as there are samples.
    public func samplesPerEpoch(over layout: DatasetLayout) -> Int? { layout.count }

    /// An element of the epoch's permutation, in constant time and memory.
    public func index(at position: Int, over layout: DatasetLayout) -> Int {
        let (epoch, place) = position.quotientAndRemainder(dividingBy: layout.count)
        guard shuffles else { return place }
        return KeyedPermutation(count: layout.count, seed: seed, epoch: epoch)[place]
    }

    /// A cursor that keeps the keys of its epoch.
    public func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) -> some IteratorProtocol<Int> & Sendable {
        OrderCursor(
            EpochOrder(
                layout, roundedCount: layout.count, epochs: nil, shuffleSeed: shuffles ? seed : nil),
            at: position, shardIndex: shardIndex, shardCount: shardCount)
    }
}

extension Sampler where Self == InfiniteSampler {
    /// All samples again and again: shuffled anew each time, or in the order of the list.
    public static func infinite(shuffle: Bool = true, seed: UInt64 = 0) -> Self {
        InfiniteSampler(shuffles: shuffle, seed: seed)
    }
}
