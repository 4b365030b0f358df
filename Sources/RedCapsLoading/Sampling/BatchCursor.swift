/// Gives the indices of one batch after the other, chosen together: all of one shape, say.
///
/// A batch covers positions whatever is in it, so that a run can be resumed after any batch and its
/// ranks stay in step. A cursor must give the same indices for the same positions whatever it was asked
/// before, and however it was made.
public protocol BatchCursor: Sendable {
    /// The indices of a batch of this shard, in the order of its slots.
    /// - Parameter positions: What the batch covers of the whole order: `stride` is the number of
    ///   shards, `start` less the index of the shard is where the batches of all shards begin, and
    ///   `count` is the batch size, or less where the order or an epoch ends. Mostly those after the
    ///   last ones that were asked for, but batches may be stepped over.
    /// - Returns: As many indices as there are positions, or fewer but at least one: the batch is then
    ///   that much shorter, and the positions left over are nobody's.
    /// - Throws: `LoaderError` if the order ends before, or can't make such a batch.
    mutating func indices(at positions: BatchPositions) throws(LoaderError) -> [Int]
}

/// Makes sure that there are the samples that another cursor chooses.
struct CheckedBatchCursor: BatchCursor {
    private var base: any BatchCursor
    private let sampleCount: Int

    init(_ base: any BatchCursor, sampleCount: Int) {
        (self.base, self.sampleCount) = (base, sampleCount)
    }

    mutating func indices(at positions: BatchPositions) throws(LoaderError) -> [Int] {
        let indices = try base.indices(at: positions)
        if let outside = indices.first(where: { !(0..<sampleCount).contains($0) }) {
            throw LoaderError(
                "the sampler gave index \(outside) at position \(positions.start) and after, of "
                    + "a data set of \(sampleCount) samples")
        }
        return indices
    }
}

/// Takes the samples of a batch one by one from a sampler's cursor.
struct SampleBatchCursor<Order: Sampler>: BatchCursor {
    private let order: Order
    private let layout: DatasetLayout
    private let shardIndex: Int
    private let shardCount: Int
    private var cursor: Order.Cursor
    /// The position that the cursor stands at.
    private var position: Int

    init(
        _ order: Order, at position: Int, shardIndex: Int, shardCount: Int,
        over layout: DatasetLayout
    ) throws(LoaderError) {
        (self.order, self.layout) = (order, layout)
        (self.shardIndex, self.shardCount) = (shardIndex, shardCount)
        cursor = try order.makeCursor(
            at: position, shardIndex: shardIndex, shardCount: shardCount, over: layout)
        self.position = position.advanced(within: shardIndex)
    }

    mutating func indices(at positions: BatchPositions) throws(LoaderError) -> [Int] {
        if positions.start != position {
            cursor = try order.makeCursor(
                at: positions.start - shardIndex, shardIndex: shardIndex, shardCount: shardCount,
                over: layout)
        }
        var indices: [Int] = []
        indices.reserveCapacity(positions.count)
        while indices.count < positions.count, let index = cursor.next() { indices.append(index) }
        guard indices.count == positions.count else {
            throw LoaderError(
                "the sampler ended at position \(positions[indices.count]), before its length")
        }
        position = positions[positions.count]
        return indices
    }
}

/// The samples of one batch after the other, singly: the `makeCursor` of a sampler that chooses whole
/// batches.
public struct BatchedSamples: IteratorProtocol, Sendable {
    private var batches: any BatchCursor
    private let batchSize: Int
    private let shardCount: Int
    private var start: Int
    private var indices: ArraySlice<Int> = []

    /// Walks along batches.
    /// - Parameters:
    ///   - batches: What chooses them.
    ///   - batchSize: How many positions each of them covers, on each shard.
    ///   - position: Where to begin, as for `Sampler.makeCursor`.
    ///   - shardIndex: Which shard `batches` is for.
    ///   - shardCount: How many there are.
    public init(
        _ batches: any BatchCursor, batchSize: Int, at position: Int, shardIndex: Int,
        shardCount: Int
    ) {
        (self.batches, self.batchSize) = (batches, max(1, batchSize))
        self.shardCount = max(1, shardCount)
        start = position.advanced(within: shardIndex)
    }

    /// The next index, or `nil` once there is no further batch.
    public mutating func next() -> Int? {
        if indices.isEmpty {
            let positions = BatchPositions(start: start, stride: shardCount, count: batchSize)
            indices = (try? batches.indices(at: positions))?[...] ?? []
            start = start.advanced(within: batchSize &* shardCount)
        }
        return indices.popFirst()
    }
}
