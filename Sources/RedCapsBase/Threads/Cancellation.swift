internal import Synchronization

/// Asks work to stop, from any thread; the work hears it within a fraction of a second. Asking
/// whether it was cancelled costs a load, so that loops may do it often.
public final class Cancellation: Sendable {
    private let flag = Atomic(false)
    private let parent: Cancellation?

    /// Makes one that isn't cancelled.
    public init() { parent = nil }

    /// Makes one that is cancelled with another, or alone.
    package init(following parent: Cancellation) { self.parent = parent }

    /// Asks the work that was given this to stop; it then throws `StoreError` with `cancelled`.
    public func cancel() { flag.store(true, ordering: .relaxed) }

    /// Whether the work is to stop; once it is, it stays so.
    public var isCancelled: Bool {
        flag.load(ordering: .relaxed) || parent?.isCancelled ?? false
    }

    /// Throws if `cancel()` was called.
    /// - Parameter file: What the work was about, for the error.
    package func check(_ file: String) throws(StoreError) {
        if isCancelled { throw StoreError(.cancelled, file: file, reason: "cancelled") }
    }
}
