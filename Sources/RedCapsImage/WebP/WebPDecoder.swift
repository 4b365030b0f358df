#if WebP
internal import CWebP

/// Decodes WebP, lossy and lossless; of an animation the first frame, on black.
final class WebPDecoder: FormatDecoder {
    private var canvas = Scratch()
    private var lender = RowLender()

    func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            unsafe try WebPFile(bytes).header
        }
    }

    func metadata(of bytes: Span<UInt8>) throws(ImageError) -> ImageMetadata {
        unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            let file = unsafe try WebPFile(bytes)
            return ImageMetadata(
                exif: ExifDirectory.withoutName(file.chunk("EXIF")), xmp: file.chunk("XMP "),
                profile: file.chunk("ICCP"))
        }
    }

    func forEachRows(
        of bytes: Span<UInt8>, _ choose: PartChoice, _ body: RowsBody
    ) throws(ImageError) {
        defer { canvas.trim() }
        var region = PixelRegion(x: 0, y: 0, width: 0, height: 0)
        var stride = 0
        unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            let file = unsafe try WebPFile(bytes)
            region = try choose(file.header).region
            try region.check(in: file.header)
            stride = file.width * 3
            canvas.reserve(stride * file.height)
            unsafe try file.decode(into: canvas.start)
        }
        lender.begin(width: region.width)
        for y in 0..<region.height {
            unsafe lender.next.update(
                from: canvas.start + (region.y + y) * stride + region.x * 3,
                count: region.width * 3)
            unsafe lender.take(body)
        }
        unsafe lender.lend(body)
    }
}

/// A file that libwebp has taken apart. It must be complete, all frames of it.
@safe private final class WebPFile {
    private let demuxer: OpaquePointer
    let width: Int
    let height: Int

    /// - Parameter bytes: The file; it must outlive this object.
    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(ImageError) {
        var data = unsafe WebPData(bytes: bytes.baseAddress, size: bytes.count)
        guard let demuxer = unsafe WebPDemux(&data) else {
            throw ImageError(.invalid, "WebP: the file is damaged or incomplete")
        }
        unsafe self.demuxer = demuxer
        width = unsafe Int(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH))
        height = unsafe Int(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT))
    }

    deinit { unsafe WebPDemuxDelete(demuxer) }

    var header: ImageHeader {
        ImageHeader(
            format: .webP, width: width, height: height, componentCount: hasAlpha ? 4 : 3,
            isProgressive: false,
            orientation: ImageOrientation(exif: chunk("EXIF"), xmp: chunk("XMP ")))
    }

    private var hasAlpha: Bool {
        let flags = unsafe WebPDemuxGetI(demuxer, WEBP_FF_FORMAT_FLAGS)
        return flags & ALPHA_FLAG.rawValue != 0
    }

    /// The data of a chunk, or nothing.
    func chunk(_ name: String) -> [UInt8] {
        var iterator = unsafe WebPChunkIterator()
        guard unsafe WebPDemuxGetChunk(demuxer, name, 1, &iterator) != 0 else { return [] }
        defer { unsafe WebPDemuxReleaseChunkIterator(&iterator) }
        return unsafe Array(
            UnsafeBufferPointer(start: iterator.chunk.bytes, count: iterator.chunk.size))
    }

    /// Decodes the first frame onto a black canvas of `height` × `width` × 3 bytes.
    func decode(into canvas: UnsafeMutablePointer<UInt8>) throws(ImageError) {
        var frame = unsafe WebPIterator()
        guard unsafe WebPDemuxGetFrame(demuxer, 1, &frame) != 0 else {
            throw ImageError(.invalid, "WebP: no frame")
        }
        defer { unsafe WebPDemuxReleaseIterator(&frame) }
        var config = unsafe WebPDecoderConfig()
        guard unsafe WebPInitDecoderConfig(&config) != 0 else {
            throw ImageError(.unsupported, "WebP: libwebp isn't the version that was built with")
        }
        let (x, y) = unsafe (Int(frame.x_offset), Int(frame.y_offset))
        let (frameWidth, frameHeight) = unsafe (Int(frame.width), Int(frame.height))
        guard PixelRegion(x: x, y: y, width: frameWidth, height: frameHeight).fits(width, height)
        else { throw ImageError(.invalid, "WebP: the frame lies outside the image") }
        if frameWidth < width || frameHeight < height {
            unsafe canvas.update(repeating: 0, count: width * height * 3)
        }
        unsafe config.output.colorspace = MODE_RGB
        unsafe config.output.is_external_memory = 1
        unsafe config.output.u.RGBA.rgba = canvas + (y * width + x) * 3
        unsafe config.output.u.RGBA.stride = Int32(width * 3)
        unsafe config.output.u.RGBA.size = ((frameHeight - 1) * width + frameWidth) * 3
        let status = unsafe WebPDecode(frame.fragment.bytes, frame.fragment.size, &config)
        switch status {
        case VP8_STATUS_OK: return
        case VP8_STATUS_OUT_OF_MEMORY: throw ImageError(.noMemory, "WebP: no memory")
        case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED:
            throw ImageError(.truncated, "WebP: the file ends before the image does")
        default:
            throw ImageError(
                .invalid, "WebP: the data are damaged (libwebp's status \(status.rawValue))")
        }
    }
}
#endif
