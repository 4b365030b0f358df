/// Why a loader can't run.
public struct LoaderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in one line.
    public let description: String

    init(_ description: String) { self.description = description }
}
