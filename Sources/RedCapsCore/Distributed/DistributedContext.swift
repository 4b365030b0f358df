/// Which of several processes this is that train together.
public struct DistributedContext: Sendable, Hashable, CustomStringConvertible {
    /// The number of this process, in `0 ..< worldSize`.
    public let rank: Int
    /// How many processes there are.
    public let worldSize: Int

    /// The rank and the number of ranks.
    public var description: String { "rank \(rank) of \(worldSize)" }

    /// A process by itself.
    public static let alone = DistributedContext()

    private init() { (rank, worldSize) = (0, 1) }

    /// Names a process.
    /// - Throws: `LoaderError` for a rank that isn't in `0 ..< worldSize`.
    public init(rank: Int, worldSize: Int) throws(LoaderError) {
        guard worldSize >= 1, (0..<worldSize).contains(rank) else {
            throw LoaderError("rank = \(rank) isn't in 0 ..< worldSize = \(worldSize)")
        }
        (self.rank, self.worldSize) = (rank, worldSize)
    }
}
