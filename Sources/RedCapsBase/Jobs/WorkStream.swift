extension AsyncThrowingStream where Element: Sendable, Failure == any Error {
    /// What work tells while it runs on a thread of its own.
    /// - Parameters:
    ///   - policy: What becomes of values that nobody has taken yet.
    ///   - stop: Called when the reader leaves the loop or its task is cancelled; makes the work end.
    ///   - work: Tells values by what it is given. What it throws ends the stream.
    package static func ofWork(
        buffering policy: Continuation.BufferingPolicy = .unbounded,
        stop: @escaping @Sendable () -> Void,
        _ work: @escaping @Sendable (_ tell: @escaping @Sendable (Element) -> Void) throws -> Void
    ) -> Self {
        Self(bufferingPolicy: policy) { continuation in
            continuation.onTermination = { _ in stop() }
            do throws(ThreadError) {
                try WorkerThread.start {
                    do {
                        try work { continuation.yield($0) }
                        continuation.finish()
                    } catch {
                        continuation.finish(throwing: error)
                    }
                }
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }
}
