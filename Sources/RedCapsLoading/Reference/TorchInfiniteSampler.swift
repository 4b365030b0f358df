/// mmengine's `InfiniteSampler`, index by index: all samples again and again, shuffled by one torch
/// generator over all epochs.
///
/// A cursor holds a permutation, 4 bytes for each sample. Making one in epoch e costs the drawing of
/// e permutations, and the first index of an epoch its shuffle.
public struct TorchInfiniteSampler: Sampler {
    /// Whether each epoch is shuffled.
    public let shuffles: Bool
    /// What torch's generator is seeded with.
    public let seed: Int

    /// Python's name of it, and the seed when it shuffles.
    public var identity: String {
        "mmengine.InfiniteSampler" + (shuffles ? ":shuffled:\(seed)" : "")
    }

    /// Never ends.
    public func length(over layout: DatasetLayout) -> Int? { nil }

    /// As many as there are samples.
    public func samplesPerEpoch(over layout: DatasetLayout) -> Int? { layout.count }

    /// A cursor; rank r of W steps from r by W across the borders of epochs.
    /// - Throws: `LoaderError` for more samples than torch draws 32 bits for, about 215 million.
    public func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> some IteratorProtocol<Int> & Sendable {
        OrderCursor(
            TorchInfiniteOrder(
                length: layout.count > 0 ? .max : 0,
                permutations: try TorchPermutations(
                    count: layout.count, seed: seed, shuffles: shuffles)),
            at: position, shardIndex: shardIndex, shardCount: shardCount)
    }
}

private struct TorchInfiniteOrder: PositionedOrder {
    let length: Int
    var permutations: TorchPermutations

    mutating func index(at position: Int) -> Int { permutations.element(at: position) }
}

extension Sampler where Self == TorchInfiniteSampler {
    /// mmengine's `InfiniteSampler`, index by index.
    public static func torchInfinite(shuffle: Bool = true, seed: Int = 0) -> Self {
        TorchInfiniteSampler(shuffles: shuffle, seed: seed)
    }
}
