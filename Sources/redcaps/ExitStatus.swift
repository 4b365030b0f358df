import ArgumentParser

/// What a verb ends with, besides 0 for all done: samples that were replaced or skipped as the policy
/// has it are done as well.
///
///     1    something failed, or was lost
///     2    the arguments make no sense
///     75   stopped by SIGINT or SIGTERM, and another run goes on from there
///     130  stopped by SIGINT, with nothing to go on from
///     143  stopped by SIGTERM, with nothing to go on from
///
/// A verb that has nothing to tidy up dies of the signal itself, which shells call 130 and 143.
enum ExitStatus {
    /// Something failed, or was lost.
    static let failed = ExitCode(1)
    /// The arguments make no sense.
    static let wrongArguments = ExitCode(2)
    /// Stopped by a signal, with a state from which another run goes on: `EX_TEMPFAIL` of sysexits.h.
    static let resumable = ExitCode(75)

    /// Stopped by a signal, with nothing to go on from: what a shell makes of a signal.
    static func stopped(by signal: CInt) -> ExitCode { ExitCode(128 + signal) }

    /// The code for an error that ended a verb.
    /// - Parameter parsed: What the parser of arguments makes of it.
    static func code(of error: any Error, _ parsed: ExitCode) -> ExitCode {
        if parsed == .validationFailure { return wrongArguments }
        if let failure = error as? Failure { return failure.code }
        return (error as? ExitCode) ?? failed
    }
}

/// A failure that is told in a line.
struct Failure: Error, CustomStringConvertible {
    let description: String
    let code: ExitCode

    init(_ description: String, _ code: ExitCode = ExitStatus.failed) {
        (self.description, self.code) = (description, code)
    }
}
