import ArgumentParser

/// What a verb ends with, besides 0 for all done.
enum ExitStatus {
    /// Something failed, or was lost.
    static let failed = ExitCode(1)
    /// The arguments make no sense.
    static let wrongArguments = ExitCode(2)

    /// The code for an error that ended a verb.
    /// - Parameter parsed: What the parser of arguments makes of it.
    static func code(of error: any Error, _ parsed: ExitCode) -> ExitCode {
        if parsed == .validationFailure { return wrongArguments }
        return (error as? Failure)?.code ?? failed
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
