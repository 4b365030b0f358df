internal import CJPEG

/// Decodes JPEGs: baseline and progressive, every sampling, gray, RGB, YCbCr, CMYK and YCCK, arithmetic
/// coding where Pillow decodes it.
@safe final class JPEGDecoder: FormatDecoder {
    private let handle: OpaquePointer
    /// The rows that the decoder lends.
    private let rows: UnsafeMutablePointer<UnsafePointer<UInt8>?>

    /// Makes a decoder.
    /// - Throws: `ImageError` with `noMemory`.
    init() throws(ImageError) {
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
    func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        let orientation = try JPEGHeaderRules.check(bytes)
        return unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            defer { unsafe rc_jpeg_decoder_reset(handle) }
            var header = unsafe try begin(bytes)
            header.orientation = orientation
            return header
        }
    }

    func metadata(of bytes: Span<UInt8>) throws(ImageError) -> ImageMetadata {
        try JPEGHeaderRules.metadata(bytes)
    }

    /// Rows above the rectangle are skipped, columns outside left out, rows below not decoded.
    func forEachRows(
        of bytes: Span<UInt8>, _ choose: PartChoice, _ body: RowsBody
    ) throws(ImageError) {
        let orientation = try JPEGHeaderRules.check(bytes)
        unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            defer { unsafe rc_jpeg_decoder_reset(handle) }
            var header = unsafe try begin(bytes)
            header.orientation = orientation
            let part = try choose(header)
            let (shrink, region) = (part.shrink, part.region)
            guard
                region.fits(
                    (header.width + shrink - 1) / shrink, (header.height + shrink - 1) / shrink)
            else { throw ImageError(.badRequest, "\(region) lies outside the image") }
            try check(
                unsafe rc_jpeg_decoder_start(
                    handle, UInt32(shrink), UInt32(region.x), UInt32(region.y),
                    UInt32(region.width), UInt32(region.height)))
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
            format: .jpeg, width: Int(header.width), height: Int(header.height),
            componentCount: Int(header.components), isProgressive: header.is_progressive != 0,
            mostShrink: 8)
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
