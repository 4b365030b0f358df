internal import Logging
internal import RedCapsBase

/// Tells the failures of one iteration: each to the program, and to the log as many as help.
struct FailureReporter: Sendable {
    private let logger: Logger
    private let verb: String
    private let onFailure: (@Sendable (SampleFailure) -> Void)?
    private let log = ConditionLock(FailureLog())

    init(
        _ policy: FailurePolicy, _ logger: Logger,
        _ onFailure: (@Sendable (SampleFailure) -> Void)?
    ) {
        self.logger = logger
        verb = policy.action.verb
        self.onFailure = onFailure
    }

    /// Tells failures in their order.
    func tell(_ failures: [SampleFailure]) {
        for failure in failures {
            if let line = log.update({ $0.line(for: failure) }) { warn(line) }
            onFailure?(failure)
        }
    }

    /// Logs what is left of those that were only counted.
    func tellRest() {
        for line in log.update({ $0.rest() }) { warn(line) }
    }

    private func warn(_ line: String) { logger.warning("\(verb): \(line)") }
}
