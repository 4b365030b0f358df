internal import CJPEG

/// Decodes JPEGs, whole or just a rectangle of them, to the very pixels that Pillow gives.
///
/// Baseline and progressive, every sampling, gray, RGB, YCbCr, CMYK and YCCK; arithmetic coding is
/// refused, and so is a file that is too short for its last row, even if the rectangle is whole.
/// A decoder keeps memory from image to image; use one per thread.
@safe public final class JPEGDecoder {
    private let handle: OpaquePointer

    /// Makes a decoder.
    /// - Throws: `ImageError` with `noMemory`.
    public init() throws(ImageError) {
        guard let handle = unsafe rc_jpeg_decoder_create() else {
            throw ImageError(.noMemory, "no memory for a JPEG decoder")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe rc_jpeg_decoder_destroy(handle) }

    /// Reads the header.
    /// - Throws: `ImageError` if the bytes aren't a JPEG that Pillow would open.
    public func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        try JPEGHeaderRules.check(bytes)
        return unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            defer { unsafe rc_jpeg_decoder_reset(handle) }
            return unsafe try begin(bytes)
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
        unsafe try forEachRow(of: bytes, in: region) { row in
            unsafe pixels.append(
                contentsOf: UnsafeBufferPointer(start: row, count: region.width * 3))
        }
        return try PixelBuffer(width: region.width, height: region.height, pixels: pixels)
    }

    /// Decodes a rectangle row by row. A row is followed by readable bytes, as resampling wants.
    ///
    /// Rows above the rectangle are skipped, columns outside left out, rows below not decoded.
    func forEachRow(
        of bytes: Span<UInt8>, in region: PixelRegion, _ body: (UnsafePointer<UInt8>) -> Void
    ) throws(ImageError) {
        unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            defer { unsafe rc_jpeg_decoder_reset(handle) }
            let header = unsafe try begin(bytes)
            guard region.fits(header.width, header.height) else {
                throw ImageError(.badRequest, "\(region) lies outside the image")
            }
            try check(
                unsafe rc_jpeg_decoder_start(
                    handle, UInt32(region.x), UInt32(region.y), UInt32(region.width),
                    UInt32(region.height)))
            for _ in 0..<region.height {
                var row: UnsafePointer<UInt8>?
                try check(unsafe rc_jpeg_decoder_next_row(handle, &row))
                if let row = unsafe row { unsafe body(row) }
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
