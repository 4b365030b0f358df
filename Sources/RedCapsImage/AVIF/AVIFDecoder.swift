#if AVIF
internal import CAVIF

/// Decodes AVIF, with libavif: every depth and sampling; of an animation the first frame.
final class AVIFDecoder: FormatDecoder {
    private var canvas = Scratch()
    private var lender = RowLender()

    func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            unsafe try AVIFFile(bytes).header
        }
    }

    func metadata(of bytes: Span<UInt8>) throws(ImageError) -> ImageMetadata {
        unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            unsafe try AVIFFile(bytes).metadata
        }
    }

    func forEachRows(
        of bytes: Span<UInt8>, _ choose: PartChoice, _ body: RowsBody
    ) throws(ImageError) {
        defer { canvas.trim() }
        var region = PixelRegion(x: 0, y: 0, width: 0, height: 0)
        var (width, channels) = (0, 0)
        unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            let file = unsafe try AVIFFile(bytes)
            let header = file.header
            region = try choose(header).region
            try region.check(in: header)
            (width, channels) = (header.width, header.componentCount)
            canvas.reserve(width * header.height * channels)
            unsafe try file.decode(header, into: canvas.start)
        }
        lender.begin(width: region.width)
        for y in region.y..<(region.y + region.height) {
            let row = unsafe canvas.start + (y * width + region.x) * channels
            let out = unsafe lender.next
            if channels == 3 {
                unsafe out.update(from: row, count: region.width * 3)
            } else {
                for x in 0..<region.width {
                    unsafe (out + 3 * x).update(from: row + 4 * x, count: 3)
                }
            }
            unsafe lender.take(body)
        }
        unsafe lender.lend(body)
    }
}

/// A file that libavif has taken apart.
@safe private final class AVIFFile {
    private let decoder: UnsafeMutablePointer<avifDecoder>

    /// - Parameter bytes: The file; it must outlive this object.
    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(ImageError) {
        guard let decoder = unsafe avifDecoderCreate() else {
            throw ImageError(.noMemory, "no memory for an AVIF decoder")
        }
        unsafe self.decoder = decoder
        // What Pillow doesn't insist on.
        unsafe decoder.pointee.strictFlags &=
            ~(AVIF_STRICT_CLAP_VALID.rawValue | AVIF_STRICT_PIXI_REQUIRED.rawValue)
        try unsafe check(avifDecoderSetIOMemory(decoder, bytes.baseAddress, bytes.count))
        try unsafe check(avifDecoderParse(decoder))
    }

    deinit { unsafe avifDecoderDestroy(decoder) }

    private func check(_ result: avifResult) throws(ImageError) {
        guard result != AVIF_RESULT_OK else { return }
        let words = unsafe String(cString: avifResultToString(result))
        let code: ImageError.Code =
            switch result {
            case AVIF_RESULT_OUT_OF_MEMORY: .noMemory
            case AVIF_RESULT_TRUNCATED_DATA, AVIF_RESULT_WAITING_ON_IO: .truncated
            case AVIF_RESULT_NO_CODEC_AVAILABLE, AVIF_RESULT_NOT_IMPLEMENTED: .unsupported
            default: .invalid
            }
        throw ImageError(code, "AVIF: \(words) (libavif)")
    }

    private var image: avifImage { unsafe decoder.pointee.image.pointee }

    var header: ImageHeader {
        ImageHeader(
            format: .avif, width: unsafe Int(image.width), height: unsafe Int(image.height),
            componentCount: unsafe decoder.pointee.alphaPresent != 0 ? 4 : 3,
            isProgressive: false,
            orientation: ImageOrientation(exif: metadata.exif, xmp: metadata.xmp))
    }

    /// The metadata. What turns and mirrors the image as such wins over its EXIF data, which are made to
    /// say the same.
    var metadata: ImageMetadata {
        func array(_ data: avifRWData) -> [UInt8] {
            unsafe Array(UnsafeBufferPointer(start: data.data, count: data.size))
        }
        var exif = unsafe ExifDirectory.withoutName(array(image.exif))
        let number = unsafe Int(rc_avif_orientation(decoder.pointee.image))
        let orientation = ImageOrientation(rawValue: number) ?? .upright
        if ExifDirectory(exif)?.orientation == nil, orientation != .upright {
            // One entry, a short number.
            exif = Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0]
            exif += [UInt8(number), 0, 0, 0, 0, 0, 0, 0]
        }
        ExifDirectory.setOrientation(&exif, to: orientation)
        return unsafe ImageMetadata(
            exif: exif, xmp: array(image.xmp), profile: array(image.icc))
    }

    /// Decodes the first frame into `height` × `width` × `componentCount` bytes.
    func decode(
        _ header: ImageHeader, into pixels: UnsafeMutablePointer<UInt8>
    ) throws(ImageError) {
        try unsafe check(avifDecoderNthImage(decoder, 0))
        // What was decoded may be larger than the file says.
        guard let image = unsafe decoder.pointee.image, self.header == header else {
            throw ImageError(.invalid, "AVIF: the frame hasn't the size that the file tells")
        }
        var source = unsafe image
        defer { if unsafe source != image { unsafe avifImageDestroy(source) } }
        let hasAlpha = unsafe decoder.pointee.alphaPresent != 0
        if unsafe isCut(image.pointee, hasAlpha: hasAlpha) {
            guard let small = unsafe rc_avif_image_of_8_bits(image) else {
                throw ImageError(.noMemory, "AVIF: no memory for planes of 8 bits")
            }
            unsafe source = small
        }
        var rgb = unsafe avifRGBImage()
        unsafe avifRGBImageSetDefaults(&rgb, source)
        unsafe rgb.depth = 8
        unsafe rgb.format = hasAlpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB
        unsafe rgb.pixels = pixels
        unsafe rgb.rowBytes = rgb.width * (hasAlpha ? 4 : 3)
        try unsafe check(avifImageYUVToRGB(source, &rgb))
    }

    /// Whether newer versions of libavif, and Pillow's among them, cut samples to 8 bits before they
    /// become colours: where libyuv makes these, and has no function for more bits.
    private func isCut(_ image: avifImage, hasAlpha: Bool) -> Bool {
        let matrix = unsafe Int(image.matrixCoefficients)
        guard unsafe image.depth > 8, [1, 2, 5, 6, 9].contains(matrix) else { return false }
        let sampling = unsafe image.yuvFormat
        if sampling == AVIF_PIXEL_FORMAT_YUV400 { return hasAlpha }
        return unsafe !hasAlpha || image.depth == 12 && sampling != AVIF_PIXEL_FORMAT_YUV420
    }
}
#endif
