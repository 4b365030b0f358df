public import RedCapsBase
public import RedCapsCore

/// Looks for all that is wrong with a data set: in the structure of its shards, in what its list
/// refers to and, on demand, in every image and every annotation.
public struct Verification: Job {
    /// The rules of the data set, which decide what is acceptable.
    public struct Rules: Sendable {
        /// The annotation's key that must hold the caption; `nil` takes `re_caption` or `caption`,
        /// whichever the first readable annotation has, and otherwise asks for no key.
        public var captionKey: String?
        /// Both edges of an image must exceed this, in pixels.
        public var minimumImageSize: Int

        /// Makes rules; by default the reference's: edges of more than 80 pixels.
        public init(captionKey: String? = nil, minimumImageSize: Int = 80) {
            self.captionKey = captionKey
            self.minimumImageSize = minimumImageSize
        }
    }

    /// How far a verification is.
    public struct Progress: Sendable, Equatable {
        /// What it does, one after the other.
        public enum Stage: Sendable {
            /// The structure of the shards is read.
            case shards
            /// The list is compared with the shards.
            case references
            /// Images are decoded and annotations parsed.
            case samples
        }

        /// Which of its stages it is in.
        public internal(set) var stage = Stage.shards
        /// Shards, or samples, that are done in this stage.
        public internal(set) var finished = 0
        /// Shards, or samples, in all.
        public internal(set) var total = 0
        /// What has been found so far.
        public internal(set) var findings = 0
    }

    /// What a verification has found, but for the findings themselves.
    public struct Report: Sendable, Equatable {
        /// Shards that were looked at.
        public internal(set) var shards = 0
        /// Their members, of all kinds, and the files of folders without shards.
        public internal(set) var members = 0
        /// The samples of the list; `nil` without one.
        public internal(set) var samples: Int?
        /// How many findings there are of each kind.
        public internal(set) var counts: [Finding.Kind: Int] = [:]
        /// The places in the list of samples with findings, each once, in order.
        public internal(set) var badSamples: [Int] = []

        /// Whether there are no findings at all.
        public var isClean: Bool { counts.isEmpty }
    }

    /// The folder of the shards.
    public let raw: String
    /// The list of samples; `nil` looks at the shards' structure only.
    public let manifest: String?
    /// The folder of the annotations.
    public let captionFolder: String
    /// Whether every image is decoded and every annotation parsed, too.
    public let isDeep: Bool
    /// Which images and annotations are acceptable, with `isDeep`.
    public let rules: Rules
    /// How many threads decode, 1 ... 1024.
    public let jobs: Int

    /// Names what to look at; nothing is touched before a run.
    /// - Parameters:
    ///   - raw: The folder of the shards.
    ///   - manifest: The list of samples; without it only the shards' structure is looked at.
    ///   - captionFolder: The folder of the annotations, if it isn't `raw`.
    ///   - isDeep: Whether to decode every image and parse every annotation, too; that needs a
    ///     manifest.
    ///   - rules: What is acceptable.
    ///   - jobs: Threads, 1 ... 1024; `nil` is as many as there are usable cores.
    /// - Throws: `StoreError` with the offending argument.
    public init(
        _ raw: String, manifest: String? = nil, captionFolder: String? = nil, isDeep: Bool = false,
        rules: Rules = Rules(), jobs: Int? = nil
    ) throws(StoreError) {
        guard !raw.isEmpty else {
            throw StoreError(.invalid, file: "raw", reason: "needs a folder of shards")
        }
        self.raw = raw
        self.manifest = manifest
        self.captionFolder = captionFolder ?? raw
        self.isDeep = isDeep
        self.rules = rules
        self.jobs = try JobThreads.checked(jobs)
    }

    /// Looks, on threads of its own, while the calling thread waits, and counts what it finds.
    /// - Parameters:
    ///   - cancellation: Ends the run within a second.
    ///   - progress: Called on the calling thread, some 20 times a second.
    /// - Throws: `StoreError` or `ManifestError` if the folder or the list can't be read at all.
    public func run(
        cancellation: Cancellation, progress: (Progress) -> Void
    ) throws -> Report {
        try run(cancellation: cancellation, progress: progress, found: { _ in })
    }

    /// Looks, on threads of its own, while the calling thread waits, and tells each finding.
    /// - Parameters:
    ///   - cancellation: Ends the run within a second.
    ///   - progress: Called on the calling thread, some 20 times a second.
    ///   - found: Called on the calling thread with each finding, in an order that doesn't depend
    ///     on the number of threads; the run waits meanwhile.
    /// - Throws: As the other, and what `found` throws, which ends the run.
    public func run(
        cancellation: Cancellation = Cancellation(), progress: (Progress) -> Void = { _ in },
        found: (Finding) throws -> Void
    ) throws -> Report {
        try withoutActuallyEscaping(progress) { progress in
            try withoutActuallyEscaping(found) { found in
                let run = VerificationRun(self, cancellation, progress, found)
                return try run.run()
            }
        }
    }

    /// What `events()` tells.
    public enum Event: Sendable {
        /// How far it is.
        case progress(Progress)
        /// Something that is wrong.
        case finding(Finding)
        /// The end.
        case report(Report)
    }

    /// Looks, on threads of its own, and tells of it as it goes, each finding included. If the
    /// reader is slow the verification waits, so that at most 1024 findings are in memory. Leaving
    /// the loop, or cancelling the task, ends the run within a second.
    public func events() -> AsyncThrowingStream<Event, any Error> {
        let cancellation = Cancellation()
        return .ofWork(stop: cancellation.cancel) { tell in
            let report = try run(cancellation: cancellation) {
                tell(.progress($0))
            } found: {
                tell(.finding($0))
            }
            tell(.report(report))
        }
    }

    /// The samples with findings, to be left out of a data set and to be written to a file.
    /// - Returns: An empty list for a verification without a manifest.
    /// - Throws: `StoreError` or `ManifestError` if the list can't be read any more.
    public func skipList(of report: Report) throws -> SkipList {
        guard let manifest else { return SkipList() }
        let index = try SampleIndex(list: manifest, images: raw, annotations: captionFolder)
        return SkipList(
            try report.badSamples.map { (index: $0, image: try index.paths($0).image) })
    }
}
