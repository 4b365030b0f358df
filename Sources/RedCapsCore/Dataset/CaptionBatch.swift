import RedCapsImage
import RedCapsLoading

/// What is known of a sample besides its pixels.
public struct CaptionSample: Sendable, Equatable {
    /// The index in the data set's list.
    public let index: Int
    /// The image's path as the list has it; the reference's `image_file`.
    public let imageFile: String
    /// The folder that the path is relative to; the reference's `image_dir`.
    public let imageFolder: String
    /// The image's size before cropping, in pixels.
    public let sourceSize: (width: Int, height: Int)
    /// The square that was cut out of it.
    public let crop: PixelRegion
    /// Whether left and right of the square were exchanged.
    public let isMirrored: Bool
    /// Whether the caption was dropped.
    public let isDropped: Bool
    /// The caption as the annotation has it; `nil` if it was dropped and isn't even text.
    public let caption: String?
    /// The prompt's ids, cut at the configuration's `max_length`, not padded.
    public let inputIDs: [Int]
    /// The bytes of the sample's further parts, of those that the data set was opened with.
    public var parts: [SamplePart: [UInt8]] = [:]
    /// The reference's `type`, always `text2image`.
    public var type: String { "text2image" }

    /// Whether everything is equal.
    public static func == (a: CaptionSample, b: CaptionSample) -> Bool {
        a.index == b.index && a.imageFile == b.imageFile && a.imageFolder == b.imageFolder
            && a.sourceSize == b.sourceSize && a.crop == b.crop && a.isMirrored == b.isMirrored
            && a.isDropped == b.isDropped && a.caption == b.caption && a.inputIDs == b.inputIDs
            && a.parts == b.parts
    }
}

/// One batch, as the reference's `collate_func_gen` makes it, and where each sample comes from.
public struct CaptionBatch: Sendable {
    /// B × 3 × S × S floats in -1 ... 1.
    public let pixelValues: PixelTensor
    /// The prompts' ids: B rows of `sequenceLength`, padded on the right.
    public let inputIDs: [Int64]
    /// B rows of `sequenceLength`: true for ids, false for padding.
    public let attentionMask: [Bool]
    /// The length of the longest prompt.
    public let sequenceLength: Int
    /// The samples in order, each with its position, its index and what was replaced.
    public let samples: [LoadedSample<CaptionSample>]

    /// Number, positions, failures, and where to go on.
    public let context: BatchContext

    /// The number of samples B.
    public var count: Int { samples.count }
    /// Where to go on after this batch.
    public var resumePoint: ResumePoint { context.resumePoint }
    /// How many samples stand in for others that couldn't be loaded.
    public var replacedCount: Int { samples.count { !$0.failures.isEmpty } }

    init(
        _ samples: [LoadedSample<CaptionSample>], pixels: PixelTensor, padIndex: Int,
        context: BatchContext
    ) {
        self.context = context
        let length = samples.map(\.sample.inputIDs.count).max() ?? 0
        var ids = [Int64](repeating: Int64(padIndex), count: samples.count * length)
        var mask = [Bool](repeating: false, count: samples.count * length)
        for (row, loaded) in samples.enumerated() {
            for (column, id) in loaded.sample.inputIDs.enumerated() {
                ids[row * length + column] = Int64(id)
                mask[row * length + column] = true
            }
        }
        pixelValues = pixels
        inputIDs = ids
        attentionMask = mask
        sequenceLength = length
        self.samples = samples
    }
}
