/// One shard of work that several processes divide among themselves by number: of `count` parts the
/// one with an index.
public struct Share: Sendable, Hashable, CustomStringConvertible {
    /// Which of the parts, in `0 ..< count`.
    public let index: Int
    /// How many parts there are.
    public let count: Int

    /// The only part of one: all of the work.
    public static let whole = Share(checked: 0, 1)

    /// Names a part.
    /// - Throws: `StoreError` with `invalid` for an index that isn't in `0 ..< count`.
    public init(index: Int, count: Int) throws(StoreError) {
        guard count > 0, (0..<count).contains(index) else {
            throw StoreError(
                .invalid, file: "share", reason: "shard \(index)/\(count) isn't i/n with 0 ≤ i < n")
        }
        self.init(checked: index, count)
    }

    /// Reads a part as it is written on a command line, `i/n` with 0 ≤ i < n.
    /// - Throws: `StoreError` with `invalid` for anything else.
    public init(parsing text: String) throws(StoreError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1] else {
            throw StoreError(.invalid, file: "share", reason: "\"\(text)\" isn't i/n")
        }
        try self.init(index: index, count: count)
    }

    private init(checked index: Int, _ count: Int) { (self.index, self.count) = (index, count) }

    /// Whether a numbered piece of the work belongs to this part: each part has every `count`-th.
    public func contains(_ number: Int) -> Bool { number % count == index }

    /// `index/count`, which `init(parsing:)` reads.
    public var description: String { "\(index)/\(count)" }
}
