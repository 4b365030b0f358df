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
    /// What was cut out of it, in its pixels: a square.
    public let crop: PixelRegion
    /// Whether left and right of that were exchanged.
    public let isMirrored: Bool
    /// Whether the caption was dropped.
    public let isDropped: Bool
    /// The caption as the annotation has it; `nil` if it was dropped and isn't even text.
    public let caption: String?
    /// The prompt's ids, cut at the configuration's `max_length`, not padded.
    public let inputIDs: [Int]
    /// The bytes of the sample's further parts, of those that the data set was opened with.
    public let parts: [SamplePart: [UInt8]]
    /// The reference's `type`, always `text2image`.
    public var type: String { "text2image" }

    /// Makes a sample, for tests of what is done with batches.
    /// - Parameters:
    ///   - index: The index in the data set's list; 0 by default.
    ///   - imageFile: The image's path; empty by default.
    ///   - imageFolder: What it is relative to; empty by default.
    ///   - sourceSize: The image's size; by default that of the crop.
    ///   - crop: What was cut out; by default one pixel.
    ///   - isMirrored: By default not.
    ///   - isDropped: Whether the caption was dropped; by default not.
    ///   - caption: The caption; `nil` by default.
    ///   - inputIDs: The prompt's ids; none by default.
    ///   - parts: The bytes of further parts; none by default.
    public init(
        index: Int = 0, imageFile: String = "", imageFolder: String = "",
        sourceSize: (width: Int, height: Int)? = nil,
        crop: PixelRegion = PixelRegion(x: 0, y: 0, width: 1, height: 1), isMirrored: Bool = false,
        isDropped: Bool = false, caption: String? = nil, inputIDs: [Int] = [],
        parts: [SamplePart: [UInt8]] = [:]
    ) {
        (self.index, self.imageFile, self.imageFolder) = (index, imageFile, imageFolder)
        self.sourceSize = sourceSize ?? (crop.width, crop.height)
        self.crop = crop
        (self.isMirrored, self.isDropped) = (isMirrored, isDropped)
        (self.caption, self.inputIDs, self.parts) = (caption, inputIDs, parts)
    }

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
    /// The pixels of all samples, in the format of the data set's `ImageOptions`: by default
    /// B × 3 × S × S floats in -1 ... 1; with `.uint8` bytes 0 ... 255.
    public let pixelValues: PixelTensor
    /// The prompts' ids: B rows of `sequenceLength`, padded on the right.
    public let inputIDs: [Int64]
    /// B rows of `sequenceLength`: true for ids, false for padding.
    public let attentionMask: [Bool]
    /// The length of the longest prompt, in ids; 0 for a batch without samples.
    public let sequenceLength: Int
    /// The samples in order, each with its position, its index and what was replaced.
    public let samples: [LoadedSample<CaptionSample>]

    /// Number, positions, failures, and where to go on.
    public let context: BatchContext

    /// The number of samples B: fewer than positions if some were left out.
    public var count: Int { samples.count }
    /// The epoch that it begins in, from 0; `nil` for an order without epochs.
    public var epoch: Int? { context.epoch }
    /// Its number in that epoch, from 0.
    public var numberInEpoch: Int? { context.numberInEpoch }
    /// Where to go on after this batch.
    public var resumePoint: ResumePoint { context.resumePoint }
    /// How many samples stand in for others that couldn't be loaded.
    public var replacedCount: Int { samples.count { !$0.failures.isEmpty } }

    /// Makes a batch, whose ids are padded on the right to the longest prompt.
    /// - Parameters:
    ///   - samples: The samples in order.
    ///   - pixelValues: Their pixels, an image for each: whoever makes a batch sees to that.
    ///   - padIndex: The id that pads prompts; 0 by default.
    ///   - context: Number, positions, failures and where to go on; by default of a first batch.
    public init(
        _ samples: [LoadedSample<CaptionSample>], pixelValues: PixelTensor, padIndex: Int = 0,
        context: BatchContext = BatchContext()
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
        self.pixelValues = pixelValues
        inputIDs = ids
        attentionMask = mask
        sequenceLength = length
        self.samples = samples
    }
}
