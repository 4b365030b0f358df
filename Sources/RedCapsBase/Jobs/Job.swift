/// Work that takes long: it names what is to be done when it is made, is checked then, and writes
/// nothing before it is run.
///
/// A run is ended by its `Cancellation`, within a second. What is whole by then stays, and the same
/// job, run again, goes on from there and counts it as kept.
public protocol Job: Sendable {
    /// How far a run is.
    associatedtype Progress: Sendable
    /// What a run has come to, earlier runs of the same job included.
    associatedtype Report: Sendable

    /// Does the work, on threads of its own, while the calling thread waits.
    /// - Parameters:
    ///   - cancellation: Ends the run within a second.
    ///   - progress: Called on the calling thread, some ten to twenty times a second.
    /// - Throws: `StoreError` with `cancelled` after a cancellation, and what can't be read,
    ///   written or borne.
    func run(cancellation: Cancellation, progress: (Progress) -> Void) throws -> Report
}

/// What a job tells while it runs.
public enum JobEvent<Progress: Sendable, Report: Sendable>: Sendable {
    /// How far it is.
    case progress(Progress)
    /// The end: what it has come to.
    case report(Report)
}

extension Job {
    /// Does the work while the calling thread waits.
    /// - Parameter progress: Called on the calling thread, some ten to twenty times a second.
    /// - Throws: As `run(cancellation:progress:)`.
    @discardableResult
    public func run(progress: (Progress) -> Void = { _ in }) throws -> Report {
        try run(cancellation: Cancellation(), progress: progress)
    }

    /// Does the work on a thread of its own, and tells how far it is: the latest value whenever
    /// there is a new one, and at the end the last value and the report. Leaving the loop, or
    /// cancelling the task, ends the run within a second; a task that was cancelled sees the loop end
    /// without a report, as `AsyncThrowingStream` does it.
    public func progress() -> AsyncThrowingStream<JobEvent<Progress, Report>, any Error> {
        let cancellation = Cancellation()
        return .ofWork(delivering: .latest(2), stop: cancellation.cancel) { tell in
            let report = try run(cancellation: cancellation) { tell(.progress($0)) }
            tell(.report(report))
        }
    }
}
