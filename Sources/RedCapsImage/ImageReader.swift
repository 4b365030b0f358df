internal import CResample

/// Turns the bytes of an image file into the pixels that a model trains on.
///
/// A region of the image, of any aspect, is decoded, resampled to W × H pixels with Pillow's bicubic
/// arithmetic, and stored in the format of a batch: by default three planes (red, green, blue) of
/// H × W `Float`s in -1 ... 1, each `2 * (v / 255) - 1` in single precision. Rows go through all of
/// that while they are in the cache; the decoded image is never held as a whole. Keeps its memory from
/// image to image, whatever their sizes; use one per thread.
@safe public final class ImageReader {
    /// How files become pixels.
    public let options: ImageOptions
    /// Whether `bytes` keeps the bytes before normalising; they aren't kept by default.
    public var keepsBytes = false
    /// H × W × 3 bytes of the last image, if `keepsBytes` was set.
    public private(set) var bytes: [UInt8] = []

    /// Whether it is measured how long resampling takes, at the cost of a look at the clock for every
    /// few rows; by default it isn't.
    public var measuresResampling = false
    /// What resampling and storing the last image took, if that was measured.
    public private(set) var resamplingNanoseconds: UInt64 = 0

    private let writer: RowWriter
    private let decoder: ImageDecoder
    private let resampler: ImageResampler
    /// How the region that is being read is decoded; a variable that closures share would be allocated.
    private var current = Plan()
    /// For images that are turned.
    private var turning = Scratch()
    /// For rows that are mirrored.
    private var mirrored = Scratch()

    /// Makes a reader.
    /// - Parameters:
    ///   - options: How files become pixels; by default as the reference has it. Its crop and the
    ///     probability of mirroring are for data sets, which choose regions.
    ///   - filter: What resamples; Pillow's bicubic filter by default.
    ///   - kernel: Which instructions do; by default the fastest that there are.
    /// - Throws: `ImageError` with `unsupported` if the processor lacks the instructions asked for.
    public init(
        _ options: ImageOptions = ImageOptions(), filter: ResampleFilter = .bicubic,
        kernel: ResampleKernel = .automatic
    ) throws(ImageError) {
        self.options = options
        let kernels = try Kernels(kernel)
        writer = RowWriter(options.format, kernels)
        resampler = ImageResampler(filter, kernels)
        decoder = try ImageDecoder(limits: options.limits, otherFormats: options.otherFormats)
    }

    /// Reads the header: that of the image as it is shown, if `options` say so.
    /// - Throws: `ImageError` if the format isn't decoded here or the image is over the limit.
    public func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        let header = try decoder.header(of: bytes)
        return options.appliesOrientation ? header.shown : header
    }

    /// What is taken of an image, as it is shown if `options` say so.
    public struct Selection: Sendable {
        /// Where it lies. If it has another aspect than what it becomes, it is distorted.
        public var region: PixelRegion
        /// Whether to exchange left and right, after all else.
        public var isMirrored: Bool

        /// Takes a region, not mirrored by default.
        public init(region: PixelRegion, isMirrored: Bool = false) {
            self.region = region
            self.isMirrored = isMirrored
        }
    }

    /// Decodes, resamples and stores a region.
    /// - Parameters:
    ///   - bytes: The file.
    ///   - selection: What to take of the image.
    ///   - width: The width W that it gets in pixels, 1 ... 16384.
    ///   - height: The height H that it gets in pixels, 1 ... 16384.
    ///   - pixels: 3 × H × W channels to be written, aligned for their type; when an error is
    ///     thrown, some of them may be.
    /// - Throws: `ImageError` for damaged and truncated files, wherever in the file the damage is, and
    ///   with `badRequest` for a region outside the image and memory of another size.
    public func read(
        _ bytes: Span<UInt8>, _ selection: Selection, width: Int, height: Int,
        into pixels: inout MutableRawSpan
    ) throws(ImageError) {
        try read(bytes, width: width, height: height, into: &pixels) { (_) throws(ImageError) in
            selection
        }
    }

    /// Reads the header, and decodes, resamples and stores the region that is then chosen. The header
    /// is read once, which `header(of:)` and another call after it would do twice.
    /// - Parameters:
    ///   - bytes: The file.
    ///   - width: The width W that the region gets in pixels, 1 ... 16384.
    ///   - height: The height H that it gets in pixels, 1 ... 16384.
    ///   - pixels: 3 × H × W channels to be written, aligned for their type; when an error is
    ///     thrown, some of them may be.
    ///   - choose: Given the header, that of the image as it is shown if `options` say so. What it
    ///     throws as an `ImageError` ends the reading.
    /// - Throws: `ImageError` for damaged and truncated files, wherever in the file the damage is, and
    ///   with `badRequest` for a region outside the image and memory of another size.
    public func read(
        _ bytes: Span<UInt8>, width: Int, height: Int, into pixels: inout MutableRawSpan,
        choosing choose: (ImageHeader) throws(ImageError) -> Selection
    ) throws(ImageError) {
        try options.format.check(pixels, width: width, height: height)
        if keepsBytes { self.bytes.removeAll(keepingCapacity: true) }
        resamplingNanoseconds = 0
        let clock = measuresResampling ? ContinuousClock() : nil
        let (writer, resampler, keepsBytes) = (writer, resampler, keepsBytes)
        unsafe try pixels.withUnsafeMutableBytes { (pixels) throws(ImageError) in
            guard let image = pixels.baseAddress else { return }
            var turned = unsafe turning.start
            func emit(_ y: Int, _ rgb: UnsafePointer<UInt8>) {
                if current.isMirrored || keepsBytes {
                    unsafe store(rgb, row: y, width: width, height: height, in: image)
                } else {
                    unsafe writer.write(rgb, row: y, width: width, height: height, to: image)
                }
            }
            unsafe try decoder.forEachRows(of: bytes) { (stored) throws(ImageError) in
                let header = options.appliesOrientation ? stored.shown : stored
                current = try plan(try choose(header), stored, header, width, height)
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

    /// How a region is decoded.
    private struct Plan {
        var part = ImagePart(region: PixelRegion(x: 0, y: 0, width: 0, height: 0))
        var orientation = ImageOrientation.upright
        var isMirrored = false

        var isTurned: Bool { orientation != .upright }
        var byteCount: Int { part.region.width * part.region.height * 3 }
    }

    /// Plans the decoding of a region, and begins its resampling.
    private func plan(
        _ selection: Selection, _ stored: ImageHeader, _ header: ImageHeader, _ width: Int,
        _ height: Int
    ) throws(ImageError) -> Plan {
        let region = selection.region
        try region.check(in: header)
        let orientation = options.appliesOrientation ? stored.orientation : .upright
        let shrink = shrink(stored, region, width, height)
        let place = orientation.stored(region, stored.width, stored.height)
        let source = StoredAxes(
            columns: AxisSpan(place.x, place.width, shrunkBy: shrink),
            rows: AxisSpan(place.y, place.height, shrunkBy: shrink))
        let shown = orientation.shown(source, reversed: \.reversed)
        resampler.begin(
            columns: shown.columns.extent, rows: shown.rows.extent, width: width, height: height)
        let part = ImagePart(
            shrink: shrink,
            region: PixelRegion(
                x: source.columns.start, y: source.rows.start, width: source.columns.count,
                height: source.rows.count))
        return Plan(part: part, orientation: orientation, isMirrored: selection.isMirrored)
    }

    private func store(
        _ rgb: UnsafePointer<UInt8>, row y: Int, width: Int, height: Int,
        in image: UnsafeMutableRawPointer
    ) {
        var row = unsafe rgb
        if current.isMirrored {
            mirrored.reserve(3 * width)
            unsafe ImageOrientation.mirrored.turn(
                rgb, width: width, height: 1, into: mirrored.start)
            unsafe row = UnsafePointer(mirrored.start)
        }
        unsafe writer.write(row, row: y, width: width, height: height, to: image)
        if keepsBytes {
            unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: row, count: width * 3))
        }
    }

    /// By how much a region may shrink while it is decoded.
    private func shrink(
        _ header: ImageHeader, _ region: PixelRegion, _ width: Int, _ height: Int
    ) -> Int {
        guard options.decoding == .fast else { return 1 }
        return header.shrink { region.width / $0 >= width && region.height / $0 >= height }
    }
}
