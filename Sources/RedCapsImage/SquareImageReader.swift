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

    /// Whether it is measured how long resampling takes, at the cost of a look at the clock for every
    /// few rows.
    public var measuresResampling = false
    /// What resampling and storing the last image took, if that was measured.
    public private(set) var resamplingNanoseconds: UInt64 = 0

    private let filter: ResampleFilter
    private let writer: RowWriter
    private let decoder: ImageDecoder
    private var axes: ResampleAxes
    private let resampler: RowResampler
    /// How the square that is being read is decoded; a variable that closures share would be allocated.
    private var current = Plan()
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
        decoder = try ImageDecoder(limits: options.limits, otherFormats: options.otherFormats)
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
        try read(bytes, into: &pixels) { (_) throws(ImageError) in
            Square(region: region, isMirrored: isMirrored)
        }
    }

    /// A square of an image, as it is shown if `options` say so.
    public struct Square: Sendable {
        /// Where it lies.
        public var region: PixelRegion
        /// Whether to exchange left and right, after all else.
        public var isMirrored: Bool

        /// Makes a square.
        public init(region: PixelRegion, isMirrored: Bool = false) {
            self.region = region
            self.isMirrored = isMirrored
        }
    }

    /// Reads the header, and decodes, resamples and stores the square that is then chosen. The header
    /// is read once, which `header(of:)` and another call after it would do twice.
    /// - Parameters:
    ///   - bytes: The file.
    ///   - pixels: 3 × S × S channels to be written, aligned for their type; when an error is
    ///     thrown, some of them may be.
    ///   - choose: Given the header, that of the image as it is shown if `options` say so. What it
    ///     throws as an `ImageError` ends the reading.
    /// - Throws: `ImageError` for damaged and truncated files, wherever in the file the damage is.
    public func read(
        _ bytes: Span<UInt8>, into pixels: inout MutableRawSpan,
        choosing choose: (ImageHeader) throws(ImageError) -> Square
    ) throws(ImageError) {
        try options.format.check(pixels, imageSize: imageSize)
        if keepsBytes { self.bytes.removeAll(keepingCapacity: true) }
        resamplingNanoseconds = 0
        let clock = measuresResampling ? ContinuousClock() : nil
        let (writer, resampler, keepsBytes) = (writer, resampler, keepsBytes)
        unsafe try pixels.withUnsafeMutableBytes { (pixels) throws(ImageError) in
            guard let image = pixels.baseAddress else { return }
            var turned = unsafe turning.start
            func emit(_ y: Int, _ rgb: UnsafePointer<UInt8>) {
                if current.isMirrored || keepsBytes {
                    unsafe store(rgb, row: y, isMirrored: current.isMirrored, in: image)
                } else {
                    unsafe writer.write(rgb, row: y, size: imageSize, to: image)
                }
            }
            unsafe try decoder.forEachRows(of: bytes) { (stored) throws(ImageError) in
                let header = options.appliesOrientation ? stored.shown : stored
                let square = try choose(header)
                current = try plan(square, stored, header)
                if current.isTurned {
                    turning.reserve(2 * current.byteCount)
                    unsafe turned = turning.start
                }
                return current.part
            } _: { rows, count in
                guard current.isTurned else {
                    let start = clock?.now
                    unsafe resampler.push(rows, count: count, emit: emit)
                    if let clock, let start {
                        resamplingNanoseconds += UInt64(
                            max(0, start.duration(to: clock.now) / .nanoseconds(1)))
                    }
                    return
                }
                for row in 0..<count {
                    unsafe turned.update(from: rows[row], count: current.part.region.width * 3)
                    unsafe turned += current.part.region.width * 3
                }
            }
            // Turned before it is resampled: the passes wouldn't round alike the other way round.
            if current.isTurned {
                defer { turning.trim() }
                let shown = unsafe turning.start + current.byteCount
                let (width, height) = (current.part.region.width, current.part.region.height)
                unsafe current.orientation.turn(
                    turning.start, width: width, height: height, into: shown)
                unsafe resampler.push(
                    shown, stride: (current.orientation.swapsAxes ? height : width) * 3,
                    count: current.orientation.swapsAxes ? width : height, emit: emit)
            }
        }
    }

    /// How a square is decoded.
    private struct Plan {
        var part = ImagePart(region: PixelRegion(x: 0, y: 0, width: 0, height: 0))
        var orientation = ImageOrientation.upright
        var isMirrored = false

        var isTurned: Bool { orientation != .upright }
        var byteCount: Int { part.region.width * part.region.height * 3 }
    }

    /// Plans the decoding of a square, and begins its resampling.
    private func plan(
        _ square: Square, _ stored: ImageHeader, _ header: ImageHeader
    ) throws(ImageError) -> Plan {
        let region = square.region
        guard region.width == region.height else {
            throw ImageError(.badRequest, "\(region) is no square")
        }
        try region.check(in: header)
        let orientation = options.appliesOrientation ? stored.orientation : .upright
        let shrink = shrink(stored, region.width)
        let place = orientation.stored(region, stored.width, stored.height)
        let source = StoredAxes(
            columns: AxisSpan(place.x, place.width, shrunkBy: shrink),
            rows: AxisSpan(place.y, place.height, shrunkBy: shrink))
        let shown = orientation.shown(source, reversed: \.reversed)
        resampler.begin(
            axes.axis(from: shown.columns.count, box: shown.columns.box, to: imageSize, filter),
            axes.axis(from: shown.rows.count, box: shown.rows.box, to: imageSize, filter))
        let part = ImagePart(
            shrink: shrink,
            region: PixelRegion(
                x: source.columns.start, y: source.rows.start, width: source.columns.count,
                height: source.rows.count))
        return Plan(part: part, orientation: orientation, isMirrored: square.isMirrored)
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
        guard options.decoding == .fast else { return 1 }
        return header.shrink { side / $0 >= imageSize }
    }
}

/// A stretch of one axis of an image that is shrunk while it is decoded.
private struct AxisSpan {
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
    var reversed: AxisSpan {
        AxisSpan(
            start: start, count: count,
            box: box.map { (Double(count) - $0.upperBound)..<(Double(count) - $0.lowerBound) })
    }
}
