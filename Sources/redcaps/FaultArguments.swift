import RedCapsLoading
import ArgumentParser
import RedCapsCore

/// What becomes of samples that can't be loaded.
struct FaultArguments: ParsableArguments {
    @Option(help: "What to do about a sample that can't be loaded: replace, skip or stop.")
    var onError = OnError.replace

    @Option(
        help: ArgumentHelp(
            "How many samples may fail before the run ends: a number, or a share as in 5%.",
            discussion: "By default 10% of the samples so far, at least 100.",
            valueName: "number"))
    var maxFailures: String?

    enum OnError: String, ExpressibleByArgument, CaseIterable {
        case replace, skip, stop
    }

    func validate() throws { _ = try policy() }

    /// The loader's policy.
    func policy() throws -> FailurePolicy {
        switch onError {
        case .replace: .replace(atMost: try budget())
        case .skip: .skip(atMost: try budget())
        case .stop where maxFailures != nil:
            throw ValidationError("--on-error stop takes no --max-failures: it stops at the first")
        case .stop: .stop
        }
    }

    private func budget() throws -> FailureBudget {
        guard let text = maxFailures else { return .fraction(0.1) }
        if text.hasSuffix("%"), let share = Double(text.dropLast()), (0...100).contains(share) {
            return .fraction(share / 100)
        }
        guard let count = Int(text), count >= 0 else {
            throw ValidationError("--max-failures \(text) is neither a number nor a share")
        }
        return .count(count)
    }
}
