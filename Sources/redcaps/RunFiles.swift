import ArgumentParser
import RedCapsCore
import RedCapsJobs
import RedCapsLoading

/// Where a run goes on, what is left out of it, and what is written down about it.
struct RunFiles: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Go on where the run left off that wrote this state.", valueName: "file"))
    var resume: String?

    @Option(
        help: ArgumentHelp(
            "Keep the state here, after the last batch and every second.",
            discussion: "All ranks have the same: {rank} in the name is replaced.",
            valueName: "file"))
    var saveState: String?

    @Option(
        help: ArgumentHelp(
            "Write what each batch held, a line of JSON each; {rank} in the name is replaced.",
            discussion: "A run that is resumed goes on with the ledger that is there.",
            valueName: "file"))
    var ledger: String?

    @Option(help: "Begin with this batch, to replay a part of a run.")
    var firstBatch: Int?

    @Option(
        help: ArgumentHelp(
            "Step over these batches, as in 100-120,300.", valueName: "ranges"))
    var skipBatches: String?

    func validate() throws {
        if let firstBatch, !(0..<1 << 48).contains(firstBatch) {
            throw ValidationError("--first-batch \(firstBatch) isn't in 0 ..< 2^48")
        }
        _ = try skips()
    }

    private func skips() throws -> [Range<Int>] {
        guard let skipBatches else { return [] }
        return try skipBatches.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                0 <= first, first <= last, last < 1 << 48
            else { throw ValidationError("--skip-batches: \"\(part)\" is no range of batches") }
            return first..<(last + 1)
        }
    }

    /// An argument that was given.
    var given: String? {
        [
            ("--resume", resume != nil), ("--save-state", saveState != nil),
            ("--ledger", ledger != nil), ("--first-batch", firstBatch != nil),
            ("--skip-batches", skipBatches != nil),
        ].first(where: \.1)?.0
    }

    /// Puts into the options what isn't about files.
    func apply(to options: inout LoaderOptions) throws {
        options.firstBatch = firstBatch
        options.skippedBatches = try skips()
    }

    /// The state to go on from.
    func resumePoint(rank: Int) throws -> ResumePoint? {
        try resume.map { try StateFile(RunFile.name($0, rank: rank)).load() }
    }

    private func tell(_ ledger: Ledger) {
        let missing = ledger.missingBatches
        if !missing.isEmpty {
            Terminal.complain(
                "\(ledger.path) lacks the batches \(missing.lowerBound) to \(missing.upperBound - 1)"
            )
        }
        if ledger.isBegunAnew {
            Terminal.complain(
                "\(ledger.path) is begun anew: what it held of an earlier run, which --resume would "
                    + "have gone on with, is gone")
        }
    }

    /// Finds out whether everything can be written, before anything is loaded; nothing is touched.
    func check(_ context: DistributedContext) throws {
        if let saveState { try StateFile(RunFile.name(saveState, rank: context.rank)).check() }
        if let name = try ledgerName(of: context) { try Ledger.check(name) }
    }

    private func ledgerName(of context: DistributedContext) throws -> String? {
        do { return try ledger.map { try RunFile.name($0, of: context) } } catch {
            throw Failure("--ledger \(error)")
        }
    }

    /// What a run ends with that was told to end.
    func interruption(by signal: CInt, after batches: Int) -> Failure {
        let words = "interrupted after \(batches) batches"
        guard let saveState else { return Failure(words, ExitStatus.stopped(by: signal)) }
        return Failure(
            "\(words); --resume \(saveState) goes on from here", ExitStatus.resumable)
    }

    /// What is written down about a run that begins at a point.
    func record(of point: ResumePoint, _ context: DistributedContext) throws -> RunRecord {
        let state = saveState.map { StateFile(RunFile.name($0, rank: context.rank)) }
        // A run that is resumed goes on with its ledger.
        let ledger = try ledgerName(of: context).map {
            try Ledger($0, goingOnAt: resume == nil ? nil : point)
        }
        if let ledger { tell(ledger) }
        return RunRecord(state: state, ledger: ledger, of: point)
    }
}
