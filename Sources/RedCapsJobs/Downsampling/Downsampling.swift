public import RedCapsBase
public import RedCapsImage
import RedCapsTar

/// Makes the images of a data set smaller for good: a folder of images, or of tar shards, becomes
/// another of the same structure.
///
/// Every image goes through `Downsampler`, everything else (annotations, lists) is copied. Images are
/// told by their names or their first bytes; they keep their names, and their format is told by their
/// first bytes, not by these. The same input gives the same bytes, whatever the number of threads. A
/// file or a shard gets its name when it is whole; a run that was killed is continued by running it
/// again. The input is never changed.
public struct Downsampling: Sendable {
    /// What becomes of an image that can't be decoded.
    public enum BrokenImages: String, Sendable, CaseIterable {
        /// It is reported and left out; its annotation stays.
        case skip
        /// It is reported and copied.
        case copy
        /// It ends the run.
        case stop
    }

    /// The folder of images or shards.
    public let input: String
    /// The folder to write to; made if need be.
    public let output: String
    /// What is wanted of the images.
    public let options: DownsamplingOptions
    /// What becomes of images that can't be decoded.
    public let brokenImages: BrokenImages
    /// Threads.
    public let jobs: Int
    /// Of the shards, or of the files if there are none, every `of`-th, beginning with the one at
    /// `at`.
    public let share: (at: Int, of: Int)

    /// Names what is to be downsampled; nothing is touched before a run.
    /// - Parameter jobs: Threads; `nil` is as many as there are usable cores.
    /// - Throws: `StoreError` with the offending argument.
    public init(
        _ input: String, into output: String, _ options: DownsamplingOptions,
        brokenImages: BrokenImages = .skip, jobs: Int? = nil, share: (at: Int, of: Int) = (0, 1)
    ) throws(StoreError) {
        func refused(_ reason: String) -> StoreError {
            StoreError(.invalid, file: "downsample", reason: reason)
        }
        guard !input.isEmpty, !output.isEmpty else {
            throw refused("needs a folder to read and one to write to")
        }
        if let jobs, !(1...1024).contains(jobs) {
            throw refused("\(jobs) jobs isn't in 1 ... 1024")
        }
        guard share.of > 0, (0..<share.of).contains(share.at) else {
            throw refused("shard \(share.at)/\(share.of) isn't i/n with 0 ≤ i < n")
        }
        self.input = input
        self.output = output
        self.options = options
        self.brokenImages = brokenImages
        self.jobs = jobs ?? min(1024, WorkerThread.usableCores)
        self.share = share
    }

    /// An image that couldn't be decoded.
    public struct BrokenImage: Sendable, Equatable, CustomStringConvertible {
        /// The file, or the shard, relative to the input.
        public let file: String
        /// The member of the shard.
        public let member: String?
        /// Why.
        public let reason: String

        /// Place and reason.
        public var description: String {
            "\(file)\(member.map { "!\($0)" } ?? ""): \(reason)"
        }
    }

    /// How far a run is.
    public struct Progress: Sendable, Equatable {
        /// Images that were seen.
        public internal(set) var images = 0
        /// Of these, the ones that were written anew.
        public internal(set) var downsampled = 0
        /// The ones that stayed as they are.
        public internal(set) var untouched = 0
        /// Other files and members, which were copied.
        public internal(set) var others = 0
        /// Images that couldn't be decoded.
        public internal(set) var broken: [BrokenImage] = []
        /// Shards that are whole, of those to be written.
        public internal(set) var shards = 0
        /// Shards and files that an earlier run had written.
        public internal(set) var kept = 0
        /// Bytes of the files and members that were read.
        public internal(set) var bytesRead: UInt64 = 0
        /// Bytes of those that were written.
        public internal(set) var bytesWritten: UInt64 = 0
        /// Bytes of the input.
        public internal(set) var totalBytes: UInt64 = 0
        /// Bytes of the input that are done with, those of earlier runs included.
        public internal(set) var doneBytes: UInt64 = 0
    }

    /// Downsamples, on threads of its own, while the calling thread waits.
    /// - Parameter progress: Called on the calling thread, some 20 times a second. What it throws ends
    ///   the run.
    /// - Returns: What the run has come to, earlier runs included.
    /// - Throws: `StoreError` for anything that can't be read or written, and for broken images if
    ///   these end the run. What is whole stays, and another run goes on.
    @discardableResult
    public func run(
        progress: (Progress) throws(StoreError) -> Void = { (_) throws(StoreError) in }
    ) throws(StoreError) -> Progress {
        try DownsamplingRun(self).run(progress)
    }

    /// Downsamples, on threads of its own, and tells how far it is; the last value is the result.
    /// Leaving the loop, or cancelling the task, ends the run within a second.
    public func progress() -> AsyncThrowingStream<Progress, any Error> {
        let cancellation = Cancellation()
        return .ofWork(buffering: .bufferingNewest(1), stop: cancellation.cancel) { tell in
            tell(
                try run { (progress) throws(StoreError) in
                    if cancellation.isCancelled {
                        throw StoreError(.cancelled, file: output, reason: "cancelled")
                    }
                    tell(progress)
                })
        }
    }
}
