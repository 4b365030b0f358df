/// The positions of the stream that a batch covers, whatever fails: `start`, `start + stride`, …
public struct BatchPositions: Sendable, Hashable, Codable, RandomAccessCollection {
    /// The position of the first sample, counted over all ranks from 0.
    public let start: Int
    /// The distance from one to the next: the number of ranks.
    public let stride: Int
    /// How many there are.
    public let count: Int

    /// `start`, `start + stride`, … `count` of them.
    public init(start: Int, stride: Int = 1, count: Int) {
        (self.start, self.stride, self.count) = (start, stride, count)
    }

    /// Slots are counted from 0.
    public var startIndex: Int { 0 }
    /// One past the last slot.
    public var endIndex: Int { count }
    /// The position of a slot.
    public subscript(slot: Int) -> Int { start + slot * stride }
}
