#if PNG
internal import CSpng

/// Reads the rows of a frame as they are stored.
///
/// Compressed data that end, without a fault, after any whole row are no failure to Pillow, which
/// leaves the rest empty. To libspng they are, which looks for the next row already: so such data are
/// inflated here, and read once more.
@safe final class PNGReader {
    private let file: UnsafeBufferPointer<UInt8>
    private let chunks: PNGChunks
    private let kind: PNGChunks.Kind
    private let frame: PixelRegion
    private let first: Run
    private var run: Run
    /// The data that were inflated, as a stream of zlib.
    private var inflated = Scratch()
    /// How many rows there are.
    private var count: Int
    private var done = 0

    /// - Parameter file: It must outlive this object.
    init(
        _ file: UnsafeBufferPointer<UInt8>, _ chunks: PNGChunks, _ kind: PNGChunks.Kind,
        data: PNGChunks.Chunk, _ frame: PixelRegion
    ) throws(ImageError) {
        unsafe self.file = file
        self.chunks = chunks
        self.kind = kind
        self.frame = frame
        count = frame.height
        first = unsafe try Run(PNGStream(file, chunks, kind, data: data, frame))
        run = first
    }

    /// Reads the next row.
    /// - Returns: Whether there was one.
    func read(_ row: UnsafeMutablePointer<UInt8>, _ stride: Int) throws(ImageError) -> Bool {
        guard done < count else { return false }
        do throws(ImageError) {
            unsafe try run.read(row, stride)
        } catch {
            try readAgain(after: error)
            for _ in 0...done { unsafe try run.read(row, stride) }
        }
        done += 1
        return true
    }

    /// Reads the rows of an interlaced image; those that lack stay as they are.
    func readAll(_ rows: UnsafeMutablePointer<UInt8>, _ stride: Int) throws(ImageError) {
        do throws(ImageError) {
            unsafe try run.readAll(rows, stride)
        } catch {
            try readAgain(after: error)
            unsafe try run.readAll(rows, stride)
        }
    }

    /// Begins again with the rows that there are.
    private func readAgain(after error: ImageError) throws(ImageError) {
        guard run === first, first.endedEarly,
            let (data, rows) = try chunks.rowsThatAreThere(unsafe file.span, frame, kind)
        else { throw error }
        count = rows
        inflated.reserve(data.count)
        for (place, byte) in data.enumerated() { unsafe inflated.start[place] = byte }
        var part = frame
        part.height = rows
        run = unsafe try Run(
            PNGStream(
                UnsafeBufferPointer(start: inflated.start, count: data.count), chunks, kind,
                data: PNGChunks.Chunk(name: 0, start: 0, length: data.count), part))
    }

    /// Reads what follows the frame.
    func finish() throws(ImageError) { try first.finish() }
}

/// One decoding of one image.
@safe private final class Run {
    private let context: OpaquePointer
    private let stream: PNGStream
    /// Whether the compressed data ended, without a fault, before the image.
    private(set) var endedEarly = false

    init(_ stream: PNGStream) throws(ImageError) {
        guard let context = unsafe spng_ctx_new(0) else {
            throw ImageError(.noMemory, "no memory for a PNG decoder")
        }
        unsafe self.context = context
        self.stream = stream
        unsafe spng_set_png_stream(
            context,
            { _, stream, out, count in
                guard let stream = unsafe stream, let out = unsafe out else {
                    return SPNG_IO_ERROR.rawValue
                }
                return unsafe Unmanaged<PNGStream>.fromOpaque(stream).takeUnretainedValue()
                    .fill(out, count).rawValue
            }, Unmanaged.passUnretained(stream).toOpaque())
        try check(
            unsafe spng_decode_image(
                context, nil, 0, Int32(SPNG_FMT_RAW.rawValue),
                Int32(SPNG_DECODE_PROGRESSIVE.rawValue)))
    }

    deinit { unsafe spng_ctx_free(context) }

    /// Reads the next row, or those of its pixels that come in this pass.
    /// - Returns: Whether there are more.
    @discardableResult
    func read(_ row: UnsafeMutablePointer<UInt8>, _ count: Int) throws(ImageError) -> Bool {
        let status = unsafe spng_decode_row(context, row, count)
        if status == Int32(SPNG_EOI.rawValue) { return false }
        try check(status)
        return true
    }

    /// Reads all rows of an interlaced image, which come in passes.
    func readAll(_ rows: UnsafeMutablePointer<UInt8>, _ stride: Int) throws(ImageError) {
        var info = spng_row_info()
        while true {
            let status = unsafe spng_get_row_info(context, &info)
            if status == Int32(SPNG_EOI.rawValue) { return }
            try check(status)
            guard unsafe try read(rows + Int(info.row_num) * stride, stride) else { return }
        }
    }

    func finish() throws(ImageError) { try stream.finish() }

    private func check(_ status: Int32) throws(ImageError) {
        guard status != 0 else { return }
        if let failure = stream.failure { throw failure }
        endedEarly = status == Int32(SPNG_EIDAT_TOO_SHORT.rawValue)
        let words = unsafe spng_strerror(status).map { unsafe String(cString: $0) } ?? ""
        let code: ImageError.Code =
            switch status {
            case Int32(SPNG_EMEM.rawValue): .noMemory
            case Int32(SPNG_EIDAT_TOO_SHORT.rawValue), SPNG_IO_EOF.rawValue: .truncated
            default: .invalid
            }
        throw ImageError(code, "PNG: \(words)")
    }
}
#endif
