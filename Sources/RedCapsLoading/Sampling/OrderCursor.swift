/// An order over one data set. It may keep what it found out for one position for the next.
protocol PositionedOrder: Sendable {
    /// How many positions it has; `.max` if it never ends.
    var length: Int { get }

    /// The index at a position below `length`.
    mutating func index(at position: Int) -> Int
}

/// Asks an order for one position after the other.
struct OrderCursor<Order: PositionedOrder>: IteratorProtocol, Sendable {
    private var order: Order
    private let stride: Int
    private var position: Int

    init(_ order: Order, at position: Int, shardIndex: Int, shardCount: Int) {
        self.order = order
        stride = max(1, shardCount)
        self.position = max(0, position).advanced(within: max(0, shardIndex))
    }

    mutating func next() -> Int? {
        guard position < order.length else { return nil }
        defer { position = position.advanced(within: stride) }
        return order.index(at: position)
    }
}

extension Int {
    /// So much further, or at the end of all numbers.
    func advanced(within stride: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(stride)
        return overflow ? .max : sum
    }
}
