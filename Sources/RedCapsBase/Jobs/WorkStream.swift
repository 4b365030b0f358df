/// What becomes of the values of a stream that nobody has taken yet.
package enum StreamDelivery: Sendable {
    /// The latest so many wait, older ones are dropped: for values that replace one another.
    case latest(Int)
    /// None is dropped: when so many wait, the work does, too.
    case all(atMost: Int)
}

extension AsyncThrowingStream where Element: Sendable, Failure == any Error {
    /// What work tells while it runs on a thread of its own.
    /// - Parameters:
    ///   - delivery: What becomes of values that nobody has taken yet.
    ///   - stop: Called when the reader leaves the loop or its task is cancelled; makes the work
    ///     end.
    ///   - work: Tells values by what it is given. What it throws ends the stream.
    package static func ofWork(
        delivering delivery: StreamDelivery = .all(atMost: 1024),
        stop: @escaping @Sendable () -> Void,
        _ work: @escaping @Sendable (_ tell: @escaping @Sendable (Element) -> Void) throws -> Void
    ) -> Self {
        let (policy, waits): (Continuation.BufferingPolicy, Bool) =
            switch delivery {
            case .latest(let count): (.bufferingNewest(count), false)
            case .all(let count): (.bufferingOldest(count), true)
            }
        return Self(bufferingPolicy: policy) { continuation in
            continuation.onTermination = { _ in stop() }
            do throws(ThreadError) {
                try WorkerThread.start {
                    do {
                        try work { element in
                            // A full buffer refuses the new value; the thread is the work's own.
                            while case .dropped = continuation.yield(element), waits {
                                MonotonicTime.sleep(milliseconds: 2)
                            }
                        }
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
