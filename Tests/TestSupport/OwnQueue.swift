import Dispatch

/// Runs tasks that must get their turn soon: tests that block hold the few threads of Swift's pool for as
/// long as they last.
public final class OwnQueue: TaskExecutor {
    private let queue = DispatchQueue(label: "tests")

    /// Makes a queue.
    public init() {}

    /// Runs a piece of a task.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
