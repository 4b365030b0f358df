/// Why a loader can't run.
public struct LoaderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in one line.
    public let description: String

    /// Makes an error; samplers of your own may throw it too.
    public init(_ description: String) { self.description = description }
}
