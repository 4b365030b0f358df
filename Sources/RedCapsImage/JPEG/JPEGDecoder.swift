internal import CJPEG

/// Decodes JPEGs, whole or just a rectangle of them, to the very pixels that Pillow gives.
///
/// Baseline and progressive, every sampling, gray, RGB, YCbCr, CMYK and YCCK; arithmetic coding is
/// refused, and so is a file that is too short for its last row, even if the rectangle is whole.
/// A decoder keeps memory from image to image; use one per thread.
@safe public final class JPEGDecoder {
    private let handle: OpaquePointer
    /// The rows that the decoder lends.
    private let rows: UnsafeMutablePointer<UnsafePointer<UInt8>?>

    /// Makes a decoder.
    /// - Throws: `ImageError` with `noMemory`.
    public init() throws(ImageError) {
        guard let handle = unsafe rc_jpeg_decoder_create() else {
            throw ImageError(.noMemory, "no memory for a JPEG decoder")
        }
        unsafe self.handle = handle
        unsafe rows = .allocate(capacity: Int(RC_JPEG_ROWS))
        unsafe rows.initialize(repeating: nil, count: Int(RC_JPEG_ROWS))
    }

    deinit {
        unsafe rc_jpeg_decoder_destroy(handle)
        unsafe rows.deallocate()
    }

    /// Reads the header.
    /// - Throws: `ImageError` if the bytes aren't a JPEG that Pillow would open.
    public func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        let orientation = try JPEGHeaderRules.check(bytes)
        return unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            defer { unsafe rc_jpeg_decoder_reset(handle) }
            var header = unsafe try begin(bytes)
            header.orientation = orientation
            return header
        }
    }

    /// Decodes a rectangle, by default everything.
    /// - Throws: `ImageError` for damaged and truncated files and for a region outside the image.
    public func decode(
        _ bytes: Span<UInt8>, region: PixelRegion? = nil
    ) throws(ImageError) -> PixelBuffer {
        let header = try header(of: bytes)
        let region =
            region ?? PixelRegion(x: 0, y: 0, width: header.width, height: header.height)
        guard region.fits(header.width, header.height) else {
            throw ImageError(
                .badRequest, "\(region) lies outside an image of \(header.width)×\(header.height)")
        }
        try PixelBuffer.check(region.width, region.height)
        var pixels = [UInt8]()
        pixels.reserveCapacity(region.width * region.height * 3)
        unsafe try forEachRows(of: bytes, in: region) { rows, count in
            for row in 0..<count {
                unsafe pixels.append(
                    contentsOf: UnsafeBufferPointer(start: rows[row], count: region.width * 3))
            }
        }
        return try PixelBuffer(width: region.width, height: region.height, pixels: pixels)
    }

    /// Decodes a rectangle a few rows at a time. A row is followed by readable bytes, as resampling
    /// wants.
    ///
    /// Rows above the rectangle are skipped, columns outside left out, rows below not decoded.
    /// - Parameter shrink: 1, 2, 4 or 8: what libjpeg divides the edges by, rounding up, while it
    ///   decodes. The region is one of the shrunk image.
    func forEachRows(
        of bytes: Span<UInt8>, shrunkBy shrink: Int = 1, in region: PixelRegion,
        _ body: (_ rows: UnsafePointer<UnsafePointer<UInt8>>, _ count: Int) -> Void
    ) throws(ImageError) {
        unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            defer { unsafe rc_jpeg_decoder_reset(handle) }
            let header = unsafe try begin(bytes)
            guard
                region.fits(
                    (header.width + shrink - 1) / shrink, (header.height + shrink - 1) / shrink)
            else { throw ImageError(.badRequest, "\(region) lies outside the image") }
            try check(
                unsafe rc_jpeg_decoder_start(
                    handle, UInt32(shrink), UInt32(region.x), UInt32(region.y),
                    UInt32(region.width),
                    UInt32(region.height)))
            var done = 0
            while done < region.height {
                let count = min(Int(RC_JPEG_ROWS), region.height - done)
                try check(unsafe rc_jpeg_decoder_next_rows(handle, UInt32(count), rows))
                unsafe rows.withMemoryRebound(to: UnsafePointer<UInt8>.self, capacity: count) {
                    unsafe body($0, count)
                }
                done += count
            }
            try check(unsafe rc_jpeg_decoder_finish(handle))
        }
    }

    private func begin(_ bytes: UnsafeBufferPointer<UInt8>) throws(ImageError) -> ImageHeader {
        guard let start = bytes.baseAddress else {
            throw ImageError(.truncated, "the file is empty")
        }
        var header = rc_jpeg_header()
        try check(unsafe rc_jpeg_decoder_begin(handle, start, bytes.count, &header))
        return ImageHeader(
            width: Int(header.width), height: Int(header.height),
            componentCount: Int(header.components), isProgressive: header.is_progressive != 0)
    }

    private func check(_ status: rc_jpeg_status) throws(ImageError) {
        let code: ImageError.Code
        switch status {
        case RC_JPEG_OK: return
        case RC_JPEG_TRUNCATED: code = .truncated
        case RC_JPEG_UNSUPPORTED: code = .unsupported
        case RC_JPEG_NO_MEMORY: code = .noMemory
        default: code = .invalid
        }
        let words = unsafe String(cString: rc_jpeg_decoder_message(handle))
        throw ImageError(code, "JPEG: \(words)")
    }
}
