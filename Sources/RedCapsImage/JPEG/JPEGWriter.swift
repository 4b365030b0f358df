internal import CJPEG

/// Encodes JPEGs row by row. Keeps its memory from image to image; one per thread.
@safe final class JPEGWriter {
    private let handle: OpaquePointer

    init() throws(ImageError) {
        guard let handle = unsafe rc_jpeg_encoder_create() else {
            throw ImageError(.noMemory, "no memory for a JPEG encoder")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe rc_jpeg_encoder_destroy(handle) }

    /// Begins an image, whatever became of the last one.
    func begin(width: Int, height: Int, _ encoder: JPEGEncoder) throws(ImageError) {
        let (h, v): (Int32, Int32) =
            switch encoder.sampling {
            case .s444, .gray: (1, 1)
            case .s422: (2, 1)
            case .s420: (2, 2)
            }
        var options = rc_jpeg_options(
            quality: Int32(encoder.quality), h_sampling: h, v_sampling: v,
            is_progressive: encoder.isProgressive ? 1 : 0,
            is_grayscale: encoder.sampling == .gray ? 1 : 0,
            optimizes_coding: encoder.optimizesCoding ? 1 : 0,
            restart_interval: UInt32(encoder.restartInterval))
        try check(
            unsafe rc_jpeg_encoder_begin(
                handle, UInt32(clamping: width), UInt32(clamping: height), &options))
    }

    /// Adds a segment, before the first row; one that is longer than a segment can be is left out.
    func write(marker: UInt8, _ body: [UInt8]) throws(ImageError) {
        guard !body.isEmpty, body.count <= 65533 else { return }
        try check(unsafe rc_jpeg_encoder_segment(handle, Int32(marker), body, body.count))
    }

    /// Adds a colour profile, before the first row.
    func write(profile: [UInt8]) throws(ImageError) {
        // 255 segments at most.
        guard !profile.isEmpty, profile.count <= 255 * 65519 else { return }
        try check(unsafe rc_jpeg_encoder_profile(handle, profile, profile.count))
    }

    /// Encodes the next row.
    func write(_ row: UnsafePointer<UInt8>) throws(ImageError) {
        try check(unsafe rc_jpeg_encoder_row(handle, row))
    }

    /// Ends the image.
    func finish() throws(ImageError) -> [UInt8] {
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        try check(unsafe rc_jpeg_encoder_finish(handle, &bytes, &count))
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    private func check(_ status: rc_jpeg_status) throws(ImageError) {
        guard status != RC_JPEG_OK else { return }
        let words = unsafe String(cString: rc_jpeg_encoder_message(handle))
        throw ImageError(status == RC_JPEG_NO_MEMORY ? .noMemory : .badRequest, "JPEG: \(words)")
    }
}
