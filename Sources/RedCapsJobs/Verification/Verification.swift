public import RedCapsBase
import RedCapsTar

/// Looks for all that is wrong with a data set: in the structure of its shards, in what its list
/// refers to and, on demand, in every image and every annotation.
public struct Verification: Sendable {
    /// The rules of the data set, which decide what is acceptable.
    public struct Rules: Sendable {
        /// The annotation's key that must hold the caption; `nil` takes `re_caption` or `caption`,
        /// whichever the first readable annotation has, and otherwise asks for no key.
        public var captionKey: String?
        /// Both edges of an image must exceed this, in pixels.
        public var minimumImageSize: Int

        /// The reference's rules.
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

        /// What it does.
        public internal(set) var stage = Stage.shards
        /// Shards, or samples, that are done in this stage.
        public internal(set) var finished = 0
        /// Shards, or samples, in all.
        public internal(set) var total = 0
        /// What has been found so far.
        public internal(set) var findings = 0
    }

    /// What a verification has found.
    public struct Summary: Sendable, Equatable {
        /// The shards.
        public internal(set) var shards = 0
        /// Their members, of all kinds.
        public internal(set) var members = 0
        /// The samples of the list; `nil` without one.
        public internal(set) var samples: Int?
        /// How many findings there are of each kind.
        public internal(set) var counts: [Finding.Kind: Int] = [:]
        /// The places in the list of samples with findings, each once, in order.
        public internal(set) var badSamples: [Int] = []

        /// Whether nothing was found.
        public var isClean: Bool { counts.isEmpty }
    }

    let raw: String
    let list: String?
    let captionFolder: String
    let isDeep: Bool
    let rules: Rules
    let jobs: Int

    /// Names what to look at; nothing is touched before a run.
    /// - Parameters:
    ///   - raw: The folder of the shards.
    ///   - list: The list of samples; without it only the shards' structure is looked at.
    ///   - captionFolder: The folder of the annotations, if it isn't `raw`.
    ///   - isDeep: Whether to decode every image and parse every annotation, too.
    ///   - rules: What is acceptable.
    ///   - jobs: Threads; by default the usable cores.
    public init(
        _ raw: String, list: String? = nil, captionFolder: String? = nil, isDeep: Bool = false,
        rules: Rules = Rules(), jobs: Int? = nil
    ) {
        self.raw = raw
        self.list = list
        self.captionFolder = captionFolder ?? raw
        self.isDeep = isDeep
        self.rules = rules
        self.jobs = max(1, jobs ?? WorkerThread.usableCores)
    }

    /// Looks, on threads of its own, while the calling thread waits.
    /// - Parameters:
    ///   - cancellation: Ends the run within a second.
    ///   - progress: Called on the calling thread.
    ///   - found: Called on the calling thread with each finding.
    /// - Throws: `StoreError` or `ManifestError` if the folder or the list can't be read at all, and
    ///   what `found` throws.
    public func run(
        cancellation: Cancellation = Cancellation(), progress: (Progress) -> Void = { _ in },
        found: (Finding) throws -> Void
    ) throws -> Summary {
        try withoutActuallyEscaping(progress) { progress in
            try withoutActuallyEscaping(found) { found in
                let run = VerificationRun(self, cancellation, progress, found)
                return try run.run()
            }
        }
    }

    /// What a stream of a verification gives.
    public enum Event: Sendable {
        /// How far it is.
        case progress(Progress)
        /// Something that is wrong.
        case finding(Finding)
        /// The end.
        case summary(Summary)
    }

    /// Looks, on threads of its own, and tells of it as it goes. Leaving the loop, or cancelling the
    /// task, ends the run within a second.
    public func events() -> AsyncThrowingStream<Event, any Error> {
        let cancellation = Cancellation()
        return .ofWork(stop: cancellation.cancel) { tell in
            let summary = try run(cancellation: cancellation) {
                tell(.progress($0))
            } found: {
                tell(.finding($0))
            }
            tell(.summary(summary))
        }
    }
}
