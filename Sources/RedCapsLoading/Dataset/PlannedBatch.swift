/// A batch that is about to be loaded: what its storage is made for.
///
/// The data set decides the shape, by the indices: one whose sampler puts images of one shape into a
/// batch makes room for that shape.
public struct PlannedBatch: Sendable, Hashable {
    /// Its number, from 0 for the first of the run, the same on all ranks.
    public let number: Int
    /// The positions of its samples, one for each index.
    public let positions: BatchPositions
    /// The indices that the sampler chose, in the order of the slots; empty for the last batch of a
    /// rank that has no samples left. A sample that fails may be replaced by one of another index.
    public let indices: [Int]
    /// How many samples the storage must hold; slots are counted from 0.
    public let slots: Int

    /// Plans a batch.
    /// - Parameters:
    ///   - indices: What is to be loaded.
    ///   - number: The batch's number in its run.
    ///   - positions: The samples' positions; by default from 0 on.
    ///   - slots: Room for how many samples; by default one for each index.
    public init(
        _ indices: [Int], number: Int = 0, positions: BatchPositions? = nil, slots: Int? = nil
    ) {
        self.number = number
        self.positions = positions ?? BatchPositions(start: 0, count: indices.count)
        self.indices = indices
        self.slots = slots ?? indices.count
    }
}
