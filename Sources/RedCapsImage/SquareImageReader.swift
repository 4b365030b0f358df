/// Turns the bytes of an image file into a square of S × S pixels, as an `ImageReader` does for any
/// width and height.
public final class SquareImageReader {
    /// The edge S of the square, in pixels.
    public let imageSize: Int
    private let reader: ImageReader

    /// How files become pixels.
    public var options: ImageOptions { reader.options }
    /// Whether `bytes` keeps the square's bytes before normalising; they aren't kept by default.
    public var keepsBytes: Bool {
        get { reader.keepsBytes }
        set { reader.keepsBytes = newValue }
    }
    /// S × S × 3 bytes of the last image, if `keepsBytes` was set.
    public var bytes: [UInt8] { reader.bytes }

    /// Makes a reader; the other parameters are those of `ImageReader`.
    /// - Throws: `ImageError` with `badRequest` if the size isn't in 1 ... 16384, `unsupported` if
    ///   the processor lacks the instructions asked for.
    public init(
        imageSize: Int, _ options: ImageOptions = ImageOptions(),
        filter: ResampleFilter = .bicubic, kernel: ResampleKernel = .automatic
    ) throws(ImageError) {
        guard PixelFormat.edges.contains(imageSize) else {
            throw ImageError(.badRequest, "an image size of \(imageSize) isn't in 1 ... 16384")
        }
        self.imageSize = imageSize
        reader = try ImageReader(options, filter: filter, kernel: kernel)
    }

    /// Reads the header: that of the image as it is shown, if `options` say so.
    /// - Throws: `ImageError` if the format isn't decoded here or the image is over the limit.
    public func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        try reader.header(of: bytes)
    }

    /// Decodes, resamples and stores a square.
    /// - Parameters:
    ///   - bytes: The file.
    ///   - region: The square, inside the image.
    ///   - isMirrored: Whether to exchange left and right, after all else; by default they stay.
    ///   - pixels: 3 × S × S channels to be written, aligned for their type; when an error is
    ///     thrown, some of them may be.
    /// - Throws: `ImageError` for damaged and truncated files, wherever in the file the damage is.
    public func read(
        _ bytes: Span<UInt8>, region: PixelRegion, isMirrored: Bool = false,
        into pixels: inout MutableRawSpan
    ) throws(ImageError) {
        try reader.read(bytes, width: imageSize, height: imageSize, into: &pixels) {
            (_) throws(ImageError) in
            guard region.width == region.height else {
                throw ImageError(.badRequest, "\(region) is no square")
            }
            return ImageReader.Selection(region: region, isMirrored: isMirrored)
        }
    }

    /// Decodes, resamples and stores a square as floats; for a format of `float32`.
    /// - Throws: As for any other memory.
    public func read(
        _ bytes: Span<UInt8>, region: PixelRegion, into pixels: inout MutableSpan<Float>
    ) throws(ImageError) {
        var memory = unsafe pixels.mutableBytes
        try read(bytes, region: region, into: &memory)
    }
}
