import Synchronization

import RedCapsBase

/// Control-C and `kill`, for verbs that tidy up before they end. A second one ends at once.
enum Interruption {
    private static let hasCome = Atomic(false)

    /// Whether the process has been told to end since `watch`.
    static var isRequested: Bool { hasCome.load(ordering: .relaxed) }

    static func watch() {
        _ = isRequested  // so that the handler needn't make it
        // Whoever started this process may have blocked them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&signals, number)
            signal(number) { number in
                Interruption.hasCome.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}

extension Cancellation {
    /// Cancels if the process has been told to end.
    func heed() {
        if Interruption.isRequested { cancel() }
    }
}

extension Job {
    /// Runs until it has ended or the process is told to end.
    func runInterruptibly(_ show: (Progress) -> Void) throws -> Report {
        Interruption.watch()
        let cancellation = Cancellation()
        return try run(cancellation: cancellation) { progress in
            cancellation.heed()
            show(progress)
        }
    }

    /// The same, for jobs that go on where they were; the error names the folder that is written
    /// to.
    func runInterruptibly(into folder: String, _ show: (Progress) -> Void) throws -> Report {
        do { return try runInterruptibly(show) } catch let error as StoreError
            where error.code == .cancelled && Interruption.isRequested
        {
            throw StoreError(
                .cancelled, file: folder, reason: "interrupted; the same command goes on from here")
        }
    }
}
