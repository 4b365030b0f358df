/// How files become the pixels of a batch.
public struct ImageOptions: Sendable, Hashable {
    /// By default `.exact`, as the reference does.
    public var decoding: ImageDecoding
    /// The layout and type of the batch's pixels; by default floats in -1 ... 1, channels first.
    public var format: PixelFormat
    /// Whether images are turned as their EXIF data say, before anything else is done to them.
    public var appliesOrientation: Bool
    /// By default at a random place, as the reference does.
    public var crop: SquareCrop
    /// How likely a square is to be mirrored, left for right, in 0 ... 1.
    public var mirrorProbability: Double
    public var limits: ImageLimits
    /// Decodes the formats that this build doesn't.
    public var otherFormats: ClosureImageDecoder?

    /// The defaults are the reference's.
    public init(
        decoding: ImageDecoding = .exact, format: PixelFormat = PixelFormat(),
        appliesOrientation: Bool = false, crop: SquareCrop = .random,
        mirrorProbability: Double = 0, limits: ImageLimits = ImageLimits(),
        otherFormats: ClosureImageDecoder? = nil
    ) {
        self.decoding = decoding
        self.format = format
        self.appliesOrientation = appliesOrientation
        self.crop = crop
        self.mirrorProbability = mirrorProbability
        self.limits = limits
        self.otherFormats = otherFormats
    }
}

/// How an image becomes smaller.
public enum ImageDecoding: String, Sendable, Hashable, CaseIterable {
    /// Decoded whole and resampled with Pillow's bicubic arithmetic: the reference's very bytes.
    case exact
    /// An image is shrunk while it is decoded, as far as its decoder can and the result is still as large
    /// as wanted: a JPEG by 2, 4 or 8. The same filter does the rest.
    case fast
}

/// Which square of an image is taken; its side is the shorter edge.
public enum SquareCrop: String, Sendable, Hashable, CaseIterable {
    /// One at a place that is drawn.
    case random
    /// The one in the middle, half a pixel being rounded to even as by torchvision's `CenterCrop`.
    case center
}

/// Limits on what is decoded, against files that would take all memory.
public struct ImageLimits: Sendable, Hashable {
    /// The most pixels that an image may have. The reference's limit is 178,956,970.
    public var maxPixels: Int
    /// The most bytes that a file may have. The reference has no such limit.
    public var maxBytes: Int

    /// The defaults are the reference's.
    public init(maxPixels: Int = 178_956_970, maxBytes: Int = .max) {
        self.maxPixels = maxPixels
        self.maxBytes = maxBytes
    }
}
