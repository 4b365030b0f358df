public import RedCapsBase
public import RedCapsImage

/// Makes the images of a data set smaller for good: a folder of images, or of tar shards, becomes
/// another of the same structure.
///
/// Every image goes through `Downsampler`, everything else (annotations, lists) is copied. Images
/// are told by their names or their first bytes; they keep their names, and their format is told by
/// their first bytes, not by these. The same input gives the same bytes, whatever the number of
/// threads. A file or a shard gets its name when it is whole; a run that was killed is continued by
/// running it again. The input is never changed.
public struct Downsampling: Job {
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
    /// Threads that decode and encode.
    public let jobs: Int
    /// Which of the shards, or of the files if there are none, are worked on.
    public let share: Share

    /// Names what is to be downsampled; nothing is touched before a run.
    /// - Parameters:
    ///   - input: The folder of images or shards.
    ///   - output: The folder to write to, outside of `input`.
    ///   - brokenImages: What becomes of images that can't be decoded.
    ///   - jobs: Threads, 1 ... 1024; `nil` is as many as there are usable cores.
    ///   - share: Which part of the work this is: n machines may write to one folder.
    /// - Throws: `StoreError` with the offending argument.
    public init(
        _ input: String, into output: String, _ options: DownsamplingOptions,
        brokenImages: BrokenImages = .skip, jobs: Int? = nil, share: Share = .whole
    ) throws(StoreError) {
        guard !input.isEmpty, !output.isEmpty else {
            throw StoreError(
                .invalid, file: input.isEmpty ? "input" : "output",
                reason: "needs a folder to read and one to write to")
        }
        self.input = input
        self.output = output
        self.options = options
        self.brokenImages = brokenImages
        self.jobs = try JobThreads.checked(jobs)
        self.share = share
    }

    /// Downsamples, on threads of its own, while the calling thread waits.
    /// - Parameters:
    ///   - cancellation: Ends the run within a second, or with the image that is being decoded.
    ///   - progress: Called on the calling thread, some 20 times a second.
    /// - Throws: `StoreError` for anything that can't be read or written, and for broken images if
    ///   these end the run. What is whole stays, and another run goes on.
    public func run(
        cancellation: Cancellation, progress: (Progress) -> Void
    ) throws(StoreError) -> Report {
        try DownsamplingRun(self, cancellation).run(progress)
    }
}
