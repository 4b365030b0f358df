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
