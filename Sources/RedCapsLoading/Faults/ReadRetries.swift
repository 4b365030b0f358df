/// How often a read that failed for a reason that may pass (an I/O error, a stale handle of a
/// network file system, an interruption) is tried again before its sample counts as failed.
public struct ReadRetries: Sendable, Hashable {
    /// The pause before each new try, in milliseconds.
    public let pauses: [Int]

    /// Three more tries, after 20, 100 and 500 milliseconds.
    public static let `default` = ReadRetries(pauses: [20, 100, 500])
    /// None.
    public static let none = ReadRetries(pauses: [])

    /// Retries after these pauses in milliseconds; negative ones count as none.
    public init(pauses: [Int]) { self.pauses = pauses.map { min(max(0, $0), 60_000) } }
}
