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
    private let decoder: ImageDecoder
    private var axes: ResampleAxes
    private let resampler: RowResampler
    /// For images that are turned.
    private var turning = Scratch()
    /// For rows that are mirrored.
    private var mirrored = Scratch()

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
        decoder = try ImageDecoder(limits: options.limits)
    }

    /// Reads the header: that of the image as it is shown, if `options` say so.
    /// - Throws: `ImageError` if the format isn't decoded here or the image is over the limit.
    public func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        let header = try decoder.header(of: bytes)
        return options.appliesOrientation ? header.shown : header
    }

    /// Decodes, resamples and stores a square.
    /// - Parameters:
    ///   - bytes: The file.
    ///   - region: The square, inside the image.
    ///   - isMirrored: Whether to exchange left and right, after all else.
    ///   - pixels: 3 × S × S channels to be written, aligned for their type; when an error is
    ///     thrown, some of them may be.
    /// - Throws: `ImageError` for damaged and truncated files, wherever in the file the damage is.
    public func read(
        _ bytes: Span<UInt8>, region: PixelRegion, isMirrored: Bool = false,
        into pixels: inout MutableRawSpan
    ) throws(ImageError) {
        try options.format.check(pixels, imageSize: imageSize)
        guard region.width == region.height else {
            throw ImageError(.badRequest, "\(region) is no square")
        }
        let stored = try decoder.header(of: bytes)
        let header = options.appliesOrientation ? stored.shown : stored
        guard region.fits(header.width, header.height) else {
            throw ImageError(
                .badRequest, "\(region) lies outside an image of \(header.width)×\(header.height)")
        }
        if keepsBytes { self.bytes.removeAll(keepingCapacity: true) }
        unsafe try pixels.withUnsafeMutableBytes { (pixels) throws(ImageError) in
            guard let image = pixels.baseAddress else { return }
            unsafe try forEachRow(of: bytes, stored, region) { y, rgb in
                unsafe store(rgb, row: y, isMirrored: isMirrored, in: image)
            }
        }
    }

    /// Decodes and resamples a square.
    private func forEachRow(
        of bytes: Span<UInt8>, _ header: ImageHeader, _ region: PixelRegion,
        _ body: (_ y: Int, UnsafePointer<UInt8>) -> Void
    ) throws(ImageError) {
        let orientation = options.appliesOrientation ? header.orientation : .upright
        let shrink = shrink(header, region.width)
        let part = orientation.stored(region, header.width, header.height)
        let source = StoredAxes(
            columns: Stretch(part.x, part.width, shrunkBy: shrink),
            rows: Stretch(part.y, part.height, shrunkBy: shrink))
        let shown = orientation.shown(source, reversed: \.reversed)
        resampler.begin(
            axes.axis(from: shown.columns.count, box: shown.columns.box, to: imageSize, filter),
            axes.axis(from: shown.rows.count, box: shown.rows.box, to: imageSize, filter))
        let sourceRegion = PixelRegion(
            x: source.columns.start, y: source.rows.start, width: source.columns.count,
            height: source.rows.count)
        if orientation == .upright {
            unsafe try decoder.forEachRows(of: bytes, header, shrunkBy: shrink, in: sourceRegion) {
                rows, count in
                unsafe resampler.push(rows, count: count, emit: body)
            }
            return
        }
        // Turned before it is resampled: the passes wouldn't round alike the other way round.
        let stride = sourceRegion.width * 3
        turning.reserve(2 * stride * sourceRegion.height)
        defer { turning.trim() }
        let asStored = unsafe turning.start
        let asShown = unsafe asStored + stride * sourceRegion.height
        var next = unsafe asStored
        unsafe try decoder.forEachRows(of: bytes, header, shrunkBy: shrink, in: sourceRegion) {
            rows, count in
            for row in 0..<count {
                unsafe next.update(from: rows[row], count: stride)
                unsafe next += stride
            }
        }
        unsafe orientation.turn(
            asStored, width: sourceRegion.width, height: sourceRegion.height, into: asShown)
        unsafe resampler.push(
            asShown, stride: shown.columns.count * 3, count: shown.rows.count, emit: body)
    }

    private func store(
        _ rgb: UnsafePointer<UInt8>, row y: Int, isMirrored: Bool,
        in image: UnsafeMutableRawPointer
    ) {
        var row = unsafe rgb
        if isMirrored {
            mirrored.reserve(3 * imageSize)
            unsafe ImageOrientation.mirrored.turn(
                rgb, width: imageSize, height: 1, into: mirrored.start)
            unsafe row = UnsafePointer(mirrored.start)
        }
        unsafe writer.write(row, row: y, size: imageSize, to: image)
        if keepsBytes {
            unsafe bytes.append(
                contentsOf: UnsafeBufferPointer(start: row, count: imageSize * 3))
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

    /// By how much a square of that side may shrink while it is decoded.
    private func shrink(_ header: ImageHeader, _ side: Int) -> Int {
        guard options.decoding == .fast, header.format == .jpeg else { return 1 }
        return [8, 4, 2].first { side / $0 >= imageSize } ?? 1
    }
}

/// A stretch of one axis of an image that is shrunk while it is decoded.
private struct Stretch {
    /// The first pixel of the shrunk image that it touches.
    let start: Int
    /// How many it touches.
    let count: Int
    /// Where in these it begins and ends, if not with them.
    let box: Range<Double>?

    /// - Parameters:
    ///   - start: The first pixel of the image as it is.
    ///   - count: How many there are.
    init(_ start: Int, _ count: Int, shrunkBy shrink: Int) {
        self.start = start / shrink
        self.count = (start + count + shrink - 1) / shrink - self.start
        if start % shrink == 0, count % shrink == 0 {
            box = nil
        } else {
            let from = Double(start) / Double(shrink) - Double(self.start)
            box = from..<(from + Double(count) / Double(shrink))
        }
    }

    private init(start: Int, count: Int, box: Range<Double>?) {
        (self.start, self.count, self.box) = (start, count, box)
    }

    /// The same, counted from the other end.
    var reversed: Stretch {
        Stretch(
            start: start, count: count,
            box: box.map { (Double(count) - $0.upperBound)..<(Double(count) - $0.lowerBound) })
    }
}
