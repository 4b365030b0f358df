import Synchronization

import Logging
import RedCapsBase
import RedCapsLoading

/// Control-C and `kill`, for verbs that tidy up before they end. A second one ends at once.
enum Interruption {
    /// The first signal; 0 before.
    private static let first = Atomic<CInt>(0)

    /// The signal that has told the process to end since `watch`.
    static var received: CInt? {
        let signal = first.load(ordering: .relaxed)
        return signal == 0 ? nil : signal
    }

    static func watch() {
        _ = received  // so that the handler needn't make it
        // Whoever started this process may have blocked them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&signals, number)
            signal(number) { number in
                Interruption.first.store(number, ordering: .relaxed)
                signal(SIGINT, SIG_DFL)
                signal(SIGTERM, SIG_DFL)
            }
        }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// What a verb ends with whose work has thrown an error: the error, unless the process was told to
    /// end. What else the error tells is told then, too.
    /// - Parameters:
    ///   - place: What was worked on or written to.
    ///   - words: What has happened to it.
    ///   - goesOn: Whether the same command goes on from there.
    static func failure(
        _ error: any Error, of place: String, _ words: String = "interrupted", goesOn: Bool
    ) -> any Error {
        guard let signal = received else { return error }
        var text = "\(place): \(words)" + (goesOn ? "; the same command goes on from here" : "")
        if let error = error as? StoreError, error.code == .cancelled {
            // Behind its first line are those of what is lost.
            text += error.reason.drop { $0 != "\n" }
        } else {
            text = "\(error)\n\(text)"
        }
        return Failure(text, goesOn ? ExitStatus.resumable : ExitStatus.stopped(by: signal))
    }
}

extension Cancellation {
    /// Cancels if the process has been told to end.
    func heed() {
        if Interruption.received != nil { cancel() }
    }
}

extension Job {
    /// Runs until it has ended or the process is told to end, from where the same command goes on.
    /// - Parameters:
    ///   - folder: What is written to.
    ///   - words: What has happened if the process is told to end.
    func runInterruptibly(
        into folder: String, _ words: String = "interrupted", _ show: (Progress) -> Void
    ) throws -> Report {
        Interruption.watch()
        DebugBuild.tell(Logger(label: "redcaps"))
        let cancellation = Cancellation()
        do {
            return try run(cancellation: cancellation) { progress in
                cancellation.heed()
                show(progress)
            }
        } catch {
            throw Interruption.failure(error, of: folder, words, goesOn: true)
        }
    }
}
