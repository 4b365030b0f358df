/// Makes images smaller for good: limits the shorter edge and writes JPEGs, as RedCaps5M was made of
/// RedCaps12M.
///
/// A filter (Lanczos with three lobes, in Pillow's arithmetic) makes them smaller; a JPEG that is more
/// than four times too large is shrunk by 2, 4 or 8 while it is decoded, which at least twice the
/// wanted size survives. An image that is small enough stays as it is, byte by byte. One per thread.
public final class Downsampler {
    /// What a file becomes.
    public struct Output: Sendable {
        /// In pixels, of what is stored.
        public let width: Int
        /// In pixels, of what is stored.
        public let height: Int
        /// The JPEG, or `nil` if the file was left as it is.
        public let bytes: [UInt8]?
    }

    public let options: DownsamplingOptions

    private let decoder: ImageDecoder
    private let writer: JPEGWriter
    private let resampler: RowResampler
    private var axes: ResampleAxes
    private let filter = ResampleFilter.lanczos
    /// For images that are turned: as they are stored, then as they are shown.
    private var turning = Scratch()

    /// - Throws: `ImageError` with `noMemory`.
    public init(
        _ options: DownsamplingOptions, kernel: ResampleKernel = .automatic
    ) throws(ImageError) {
        self.options = options
        decoder = try ImageDecoder(limits: options.limits)
        writer = try JPEGWriter()
        let kernels = try Kernels(kernel)
        resampler = RowResampler(kernels)
        axes = ResampleAxes(kernels)
    }

    /// Downsamples a file of any format that is decoded.
    /// - Throws: `ImageError` if Pillow would refuse the image, it is over a limit or too large for a
    ///   JPEG.
    public func downsample(_ bytes: Span<UInt8>) throws(ImageError) -> Output {
        let header = try decoder.header(of: bytes)
        var metadata = try decoder.metadata(of: bytes)
        let orientation = options.appliesOrientation ? header.orientation : .upright
        let conversion = try conversion(metadata, header)
        let isSmall = min(header.width, header.height) <= options.shortestEdge
        let isStripped =
            !metadata.isEmpty && !options.keepsMetadata
            || !metadata.profile.isEmpty && options.profile == .drop
        if isSmall, orientation == .upright, conversion == nil {
            if !isStripped || header.format == .jpeg {
                // Whether it is whole shows when it is decoded.
                unsafe try forEachRow(
                    of: bytes, header, shrink(header, to: 1)
                ) { _, _ in }
                let output = isStripped ? try stripped(bytes) : nil
                return Output(width: header.width, height: header.height, bytes: output)
            }
        }
        if !options.keepsMetadata { metadata = ImageMetadata(profile: metadata.profile) }
        if orientation != .upright { metadata.resetOrientation() }

        let (width, height) = size(header)
        let shown = orientation.swapsAxes ? (height, width) : (width, height)
        try begin(shown.0, shown.1, header, metadata)
        var failure: ImageError?
        func write(_ row: UnsafePointer<UInt8>) {
            guard failure == nil else { return }
            do throws(ImageError) {
                if let conversion {
                    unsafe try writer.write(conversion.convert(row, count: shown.0))
                } else {
                    unsafe try writer.write(row)
                }
            } catch { failure = error }
        }
        let shortest = min(width, height)
        if orientation == .upright {
            unsafe try forEachRow(
                of: bytes, header, shrink(header, to: shortest), width, height
            ) { _, row in unsafe write(row) }
        } else {
            let stride = width * 3
            turning.reserve(2 * stride * height)
            defer { turning.trim() }
            let stored = unsafe turning.start
            let turned = unsafe stored + stride * height
            unsafe try forEachRow(
                of: bytes, header, shrink(header, to: shortest), width, height
            ) { y, row in unsafe (stored + y * stride).update(from: row, count: stride) }
            unsafe orientation.turn(stored, width: width, height: height, into: turned)
            for y in 0..<shown.1 { unsafe write(turned + y * shown.0 * 3) }
        }
        if let failure { throw failure }
        return Output(width: shown.0, height: shown.1, bytes: try writer.finish())
    }

    /// The size of what is written, before it is turned.
    private func size(_ header: ImageHeader) -> (width: Int, height: Int) {
        let (width, height) = (header.width, header.height)
        let shortest = min(width, height)
        guard shortest > options.shortestEdge else { return (width, height) }
        func scaled(_ edge: Int) -> Int {
            (edge * options.shortestEdge * 2 + shortest) / (2 * shortest)
        }
        return (scaled(width), scaled(height))
    }

    /// By how much an image is shrunk while it is decoded: as far as twice the size of the result
    /// is left. Beyond, what that throws away would be missed.
    private func shrink(_ header: ImageHeader, to shortest: Int) -> Int {
        let edge = min(header.width, header.height)
        return header.shrink { edge >= 2 * shortest * $0 }
    }

    /// Decodes and resamples an image.
    private func forEachRow(
        of bytes: Span<UInt8>, _ header: ImageHeader, _ shrink: Int, _ width: Int? = nil,
        _ height: Int? = nil, _ body: (_ y: Int, UnsafePointer<UInt8>) -> Void
    ) throws(ImageError) {
        func axis(_ edge: Int, to wanted: Int?) -> ResampleAxis {
            let count = (edge + shrink - 1) / shrink
            guard let wanted else { return axes.axis(from: count, to: count, filter) }
            let box = edge % shrink == 0 ? nil : 0..<(Double(edge) / Double(shrink))
            return axes.axis(from: count, box: box, to: wanted, filter)
        }
        let horizontal = axis(header.width, to: width)
        let vertical = axis(header.height, to: height)
        resampler.begin(horizontal, vertical)
        let region = PixelRegion(x: 0, y: 0, width: horizontal.inSize, height: vertical.inSize)
        unsafe try decoder.forEachRows(of: bytes) { _ in
            ImagePart(shrink: shrink, region: region)
        } _: { rows, count in
            unsafe resampler.push(rows, count: count, emit: body)
        }
    }

    private func begin(
        _ width: Int, _ height: Int, _ header: ImageHeader, _ metadata: ImageMetadata
    ) throws(ImageError) {
        let isGray = header.format == .jpeg && header.componentCount == 1
        let encoder = isGray ? try options.encoder.gray() : options.encoder
        try writer.begin(width: width, height: height, encoder)
        // In a JPEG a resolution that makes no sense would be refused, which isn't worth the image.
        if !metadata.exif.isEmpty, !(ExifDirectory(metadata.exif)?.hasBadResolution ?? false) {
            try writer.write(marker: 0xE1, Array("Exif\0\0".utf8) + metadata.exif)
        }
        if !metadata.xmp.isEmpty {
            try writer.write(
                marker: 0xE1, Array("http://ns.adobe.com/xap/1.0/\0".utf8) + metadata.xmp)
        }
        try writer.write(marker: 0xED, metadata.photoshop)
        if options.profile == .keep, metadata.profileSpace == (isGray ? "GRAY" : "RGB ") {
            try writer.write(profile: metadata.profile)
        }
    }

    /// The same JPEG without what isn't to stay.
    private func stripped(_ bytes: Span<UInt8>) throws(ImageError) -> [UInt8] {
        JPEGSegments.stripped(
            bytes, keepsMetadata: options.keepsMetadata, keepsProfile: options.profile == .keep)
    }

    private func conversion(
        _ metadata: ImageMetadata, _ header: ImageHeader
    ) throws(ImageError) -> ColorConversion? {
        guard options.profile == .convert, !metadata.profile.isEmpty else { return nil }
        let isGray = metadata.profileSpace == "GRAY"
        // One that describes other pixels than these says nothing.
        guard !isGray || header.componentCount <= 2 else { return nil }
        return ColorConversion(from: metadata.profile, isGray: isGray)
    }
}
