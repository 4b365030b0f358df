/// A wish to stop that may be spoken from any thread and is heard within a fraction of a second.
public final class Cancellation: Sendable {
    private let flag = ConditionLock(false)

    /// Makes one that nobody has spoken yet.
    public init() {}

    /// Asks the work that was given this to stop; it then throws `StoreError` with `cancelled`.
    public func cancel() { flag.update { $0 = true } }

    /// Whether `cancel()` was called.
    public var isCancelled: Bool { flag.update { $0 } }

    /// Throws if `cancel()` was called.
    package func check(_ file: String) throws(StoreError) {
        if isCancelled { throw StoreError(.cancelled, file: file, reason: "cancelled") }
    }
}
