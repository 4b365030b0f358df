/// The positions of the stream that a batch covers, whatever fails: `start`, `start + stride`, …
public struct BatchPositions: Sendable, Hashable, Codable, RandomAccessCollection {
    /// The position of the first sample, counted over all ranks from 0.
    public let start: Int
    /// The distance from one to the next: the number of ranks.
    public let stride: Int
    /// How many there are.
    public let count: Int

    /// `start`, `start + stride`, … `count` of them; none for a negative count.
    public init(start: Int, stride: Int = 1, count: Int) {
        (self.start, self.stride, self.count) = (start, stride, Swift.max(0, count))
    }

    /// Decodes what `encode(to:)` writes.
    /// - Throws: `DecodingError`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            start: try values.decode(Int.self, forKey: .start),
            stride: try values.decode(Int.self, forKey: .stride),
            count: try values.decode(Int.self, forKey: .count))
    }

    private enum CodingKeys: CodingKey {
        case start, stride, count
    }

    /// Slots are counted from 0.
    public var startIndex: Int { 0 }
    /// One past the last slot.
    public var endIndex: Int { count }
    /// The position of a slot.
    public subscript(slot: Int) -> Int { start + slot * stride }
}
