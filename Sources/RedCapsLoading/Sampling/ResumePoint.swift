/// Where a run stands between two batches: all that another process needs to go on with the very
/// next one, on any number of threads or ranks. It is the same for all ranks of a run.
public struct ResumePoint: Sendable, Hashable, Codable {
    /// The version of this value.
    public var version = 1
    /// The position of the whole stream, all ranks together, that comes next.
    public var position: Int
    /// The number of the batch that comes next.
    public var batch: Int
    /// What randomness within samples depends on.
    public var seed: UInt64
    /// Which functions give that randomness.
    public var draws: String
    /// The order's identity.
    public var sampler: String
    /// The data set's fingerprint, in hexadecimal.
    public var dataset: String
    /// What is needed besides in the reference mode; else `nil`.
    public var reference: ReferenceState?

    /// Makes a point, for tests of what keeps states; by default the beginning of a list in its own
    /// order, of a data set whose fingerprint is 0. A loader resumes from one of its own kind only.
    public init(
        position: Int = 0, batch: Int = 0, seed: UInt64 = 0, draws: String = "positional:v1",
        sampler: String = "sequential:v1", dataset: String = "0",
        reference: ReferenceState? = nil
    ) {
        (self.position, self.batch, self.seed) = (position, batch, seed)
        (self.draws, self.sampler, self.dataset) = (draws, sampler, dataset)
        self.reference = reference
    }
}

extension ResumePoint {
    /// Makes sure that a run can go on from here.
    /// - Throws: `LoaderError` that names the first difference.
    func check(against run: ResumePoint) throws(LoaderError) {
        guard version == run.version else {
            throw LoaderError(
                "the state to resume from is of version \(version), not \(run.version)")
        }
        let range = 0...Int.max / 2
        guard range.contains(position), range.contains(batch) else {
            throw LoaderError(
                "the state to resume from is at position \(position), batch \(batch)")
        }
        let differences: [(String, String, String)] = [
            ("data set", dataset, run.dataset), ("sampler", sampler, run.sampler),
            ("seed", "\(seed)", "\(run.seed)"), ("draws", draws, run.draws),
        ]
        for (name, old, new) in differences where old != new {
            throw LoaderError(
                "the state to resume from is of another \(name): \(old) there, \(new) here")
        }
        guard let expected = run.reference else { return }
        guard let reference else {
            throw LoaderError("the state to resume from lacks what the reference mode needs")
        }
        try reference.check(against: expected)
    }
}
