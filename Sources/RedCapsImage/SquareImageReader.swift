internal import CResample

/// Turns the bytes of an image file into the square of pixels that a model trains on.
///
/// A square of the image is decoded, resampled to S × S with Pillow's bicubic arithmetic, and
/// stored in the format of a batch: by default three planes (red, green, blue) of S × S `Float`s in
/// -1 ... 1, each `2 * (v / 255) - 1` in single precision. Rows go through all of that while they
/// are in the cache; the decoded image is never held as a whole. Keeps its memory from image to
/// image; use one per thread.
@safe public final class SquareImageReader {
    /// The edge S of the square, in pixels.
    public let imageSize: Int
    /// How files become pixels.
    public let options: ImageOptions
    /// Whether `bytes` keeps the square's bytes before normalising.
    public var keepsBytes = false
    /// S × S × 3 bytes of the last image, if `keepsBytes` was set.
    public private(set) var bytes: [UInt8] = []

    private let filter: ResampleFilter
    private let writer: RowWriter
    private let decoder: JPEGDecoder
    private var axes: ResampleAxes
    private let resampler: RowResampler

    /// Makes a reader.
    /// - Throws: `ImageError` with `badRequest` if the size isn't in 1 ... 16384, `unsupported` if
    ///   the processor lacks the instructions asked for.
    public init(
        imageSize: Int, _ options: ImageOptions = ImageOptions(),
        filter: ResampleFilter = .bicubic, kernel: ResampleKernel = .automatic
    ) throws(ImageError) {
        guard (1...16384).contains(imageSize) else {
            throw ImageError(.badRequest, "an image size of \(imageSize) isn't in 1 ... 16384")
        }
        self.imageSize = imageSize
        self.options = options
        self.filter = filter
        let kernels = try Kernels(kernel)
        writer = RowWriter(options.format, kernels)
        axes = ResampleAxes(kernels)
        resampler = RowResampler(kernels)
        decoder = try JPEGDecoder()
    }

    /// Reads the header.
    /// - Throws: `ImageError` if the format isn't decoded here or the image is over the limit.
    public func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        let header = try decoder.header(of: bytes)
        let (pixels, overflow) = header.width.multipliedReportingOverflow(by: header.height)
        guard !overflow, pixels <= options.limits.maxPixels else {
            throw ImageError(
                .tooLarge,
                "\(header.width)×\(header.height) pixels, more than the limit of "
                    + "\(options.limits.maxPixels)")
        }
        return header
    }

    /// Decodes, resamples and stores a square.
    /// - Parameters:
    ///   - bytes: The file.
    ///   - region: The square, inside the image.
    ///   - pixels: 3 × S × S channels to be written, aligned for their type; when an error is
    ///     thrown, some of them may be.
    /// - Throws: `ImageError` for damaged and truncated files, wherever in the file the damage is.
    public func read(
        _ bytes: Span<UInt8>, region: PixelRegion, into pixels: inout MutableRawSpan
    ) throws(ImageError) {
        let expected = options.format.byteCount(imageSize: imageSize)
        guard pixels.byteCount == expected else {
            throw ImageError(
                .badRequest, "room for \(pixels.byteCount) bytes of pixels, not \(expected)")
        }
        guard region.width == region.height else {
            throw ImageError(.badRequest, "\(region) is no square")
        }
        let header = try header(of: bytes)
        guard region.fits(header.width, header.height) else {
            throw ImageError(
                .badRequest, "\(region) lies outside an image of \(header.width)×\(header.height)")
        }
        let shrink = shrink(region.width)
        let source = Self.source(of: region, in: header, shrunkBy: shrink)
        resampler.begin(
            axes.axis(from: source.region.width, box: source.columns, to: imageSize, filter),
            axes.axis(from: source.region.height, box: source.rows, to: imageSize, filter))
        if keepsBytes { self.bytes.removeAll(keepingCapacity: true) }
        unsafe try pixels.withUnsafeMutableBytes { (pixels) throws(ImageError) in
            guard let image = pixels.baseAddress else { return }
            guard Int(bitPattern: image) % options.format.type.size == 0 else {
                throw ImageError(.badRequest, "the memory isn't aligned for \(options.format.type)")
            }
            let size = imageSize
            unsafe try decoder.forEachRows(of: bytes, shrunkBy: shrink, in: source.region) {
                rows, count in
                unsafe resampler.push(rows, count: count) { y, rgb in
                    unsafe writer.write(rgb, row: y, size: size, to: image)
                    if keepsBytes {
                        unsafe self.bytes.append(
                            contentsOf: UnsafeBufferPointer(start: rgb, count: size * 3))
                    }
                }
            }
        }
    }

    /// Decodes, resamples and stores a square as floats; for a format of `float32`.
    /// - Throws: As for any other memory.
    public func read(
        _ bytes: Span<UInt8>, region: PixelRegion, into pixels: inout MutableSpan<Float>
    ) throws(ImageError) {
        var memory = pixels.mutableBytes
        try read(bytes, region: region, into: &memory)
    }

    /// By how much libjpeg may shrink a square of that side.
    private func shrink(_ side: Int) -> Int {
        guard options.decoding == .fast else { return 1 }
        return [8, 4, 2].first { side / $0 >= imageSize } ?? 1
    }

    /// Where a region lies in a shrunk image: the pixels that it touches, and where in these it
    /// begins and ends, if not with them.
    private static func source(
        of region: PixelRegion, in header: ImageHeader, shrunkBy shrink: Int
    ) -> (region: PixelRegion, columns: Range<Double>?, rows: Range<Double>?) {
        func span(_ start: Int, _ count: Int) -> (start: Int, count: Int, box: Range<Double>?) {
            let first = start / shrink
            let end = (start + count + shrink - 1) / shrink
            if start % shrink == 0, count % shrink == 0 { return (first, end - first, nil) }
            let from = Double(start) / Double(shrink) - Double(first)
            return (first, end - first, from..<(from + Double(count) / Double(shrink)))
        }
        let (columns, rows) = (span(region.x, region.width), span(region.y, region.height))
        return (
            PixelRegion(x: columns.start, y: rows.start, width: columns.count, height: rows.count),
            columns.box, rows.box
        )
    }
}
