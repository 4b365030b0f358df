import RedCapsBase
public import RedCapsCore
public import RedCapsLoading

/// Loads samples one by one and tells what they hold, as lines of JSON with SHA-256 sums, to be
/// compared with the reference's.
public struct SampleDigester {
    /// What to do about a sample that can't be loaded.
    public enum FailureAction: Sendable {
        /// Another one stands in for it, as in Python, which tries 500 more.
        case replace
        /// The line has the error.
        case report
        /// The error is thrown.
        case stop
    }

    /// What a sample holds.
    public struct Digest: Sendable {
        /// An object with the keys `position`, `index`, `used`, `image`, `source_size`, `crop`,
        /// `dropped`, `u8_sha256`, `px_sha256`, `input_ids` and `error`.
        public let json: String
        /// The samples that another one stands in for.
        public let failures: [SampleFailure]
    }

    private let dataset: ConcatDataset<CaptionDataset>
    private let failureAction: FailureAction
    private let workspace: ConcatDataset<CaptionDataset>.Workspace
    private let storage: PixelStorage

    /// Makes one for a single thread.
    /// - Throws: If there is no memory for an image.
    public init(
        _ dataset: ConcatDataset<CaptionDataset>, onFailure failureAction: FailureAction = .replace
    ) throws {
        self.dataset = dataset
        self.failureAction = failureAction
        workspace = try dataset.makeWorkspace()
        for workspace in workspace.sources { workspace.keepsImageBytes = true }
        storage = try dataset.makeStorage(for: PlannedBatch([0]))
    }

    /// Loads a sample.
    /// - Parameters:
    ///   - position: Its position in the order.
    ///   - index: Its index in the data set.
    ///   - draws: What crops and dropped captions are drawn from.
    /// - Throws: `TooManyFailures` for one that can't be loaded, unless the policy is to report it.
    public mutating func digest(
        position: Int, index: Int, draws: inout some SampleDraws
    ) throws -> Digest {
        var loaded: LoadedSample<CaptionSample>?
        var failure: TooManyFailures?
        do {
            loaded = try dataset.load(
                index, position: position, draws: &draws,
                attempts: failureAction == .replace ? FailurePolicy.maximumReplacements + 1 : 1,
                into: storage,
                slot: 0, workspace: workspace)
        } catch {
            guard failureAction == .report else { throw error }
            failure = error
        }
        let sample = loaded?.sample
        let place = loaded.map { dataset.place(of: $0.used) }
        let bytes = place.map { workspace.sources[$0.source].imageBytes }
        var line = JSONLine()
        line.add("position", position)
        line.add("index", index)
        // In debug mode a data set takes its first sample, whichever it is asked for.
        let used = loaded.flatMap { loaded in
            place.map { loaded.used - $0.index + loaded.sample.index }
        }
        line.add("used", used)
        line.add("image", sample?.imageFile)
        line.add("source_size", sample.map { [$0.sourceSize.width, $0.sourceSize.height] })
        line.add(
            "crop",
            sample.map {
                [$0.crop.x, $0.crop.y, $0.crop.x + $0.crop.width, $0.crop.y + $0.crop.height]
            })
        line.add("dropped", sample?.isDropped)
        line.add("u8_sha256", bytes.map { SHA256Sum.hex(of: $0) })
        line.add("px_sha256", sample == nil ? nil : pixelHash())
        line.add("input_ids", sample?.inputIDs)
        line.add("error", failure.map { "\($0)" })
        return Digest(json: line.text, failures: loaded?.failures ?? [])
    }

    private func pixelHash() -> String {
        unsafe PixelTensor(storage, count: 1).withUnsafeBytes {
            unsafe SHA256Sum.hex(of: $0)
        }
    }
}
