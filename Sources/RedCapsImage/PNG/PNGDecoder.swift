#if PNG
internal import CSpng

/// Decodes PNGs of every kind: libspng inflates and undoes the filters, the rest follows Pillow.
final class PNGDecoder: FormatDecoder {
    /// A row as it is stored; of an interlaced image all rows.
    private var stored = Scratch()
    /// A stream to which rows were added.
    private var padded = Scratch()
    private var lender = RowLender()

    func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        let chunks = try PNGChunks(bytes)
        return ImageHeader(
            format: .png, width: chunks.width, height: chunks.height,
            componentCount: chunks.kind?.componentCount ?? 1, isProgressive: chunks.isInterlaced,
            orientation: chunks.orientation)
    }

    func metadata(of bytes: Span<UInt8>) throws(ImageError) -> ImageMetadata {
        try PNGChunks(bytes).metadata
    }

    func forEachRows(
        of bytes: Span<UInt8>, in region: PixelRegion, _ body: RowsBody
    ) throws(ImageError) {
        let chunks = try PNGChunks(bytes)
        guard let kind = chunks.kind, let data = chunks.data else { return }
        guard region.fits(chunks.width, chunks.height) else {
            throw ImageError(.badRequest, "\(region) lies outside the image")
        }
        var frame =
            chunks.frame ?? PixelRegion(x: 0, y: 0, width: chunks.width, height: chunks.height)
        // Pillow forgets where the frame lies.
        if chunks.isInterlaced { (frame.x, frame.y) = (0, 0) }
        let row = PNGRow(kind, palette: chunks.palette)
        let stride = row.byteCount(frame.width)
        lender.begin(width: region.width)
        defer {
            stored.trim()
            padded.trim()
        }
        let isInterlaced = chunks.isInterlaced
        unsafe try bytes.withUnsafeBufferPointer { (file) throws(ImageError) in
            // All rows at once take memory, which a few bytes mustn't get: nothing is deflated to
            // less than a thousandth. (Rows that follow each other take none.)
            let size = frame.height * stride
            guard !isInterlaced || size <= 1 << 26 || size / 1032 <= bytes.count else {
                throw ImageError(.truncated, "PNG: fewer data than the image needs")
            }
            // A row of zeros at the end stands for what lies outside the frame.
            let rows = isInterlaced ? frame.height : 1
            stored.reserve((rows + 1) * stride)
            unsafe stored.start.update(repeating: 0, count: (rows + 1) * stride)
            let blank = unsafe stored.start + rows * stride

            let first = unsafe try Run(PNGStream(file, chunks, kind, data: data, frame))
            var run = first
            /// Begins again with a stream to which the missing rows were added, if Pillow would
            /// leave them empty.
            func pad(_ error: ImageError) throws(ImageError) {
                guard run === first, first.endedEarly,
                    let data = try chunks.paddedData(bytes, frame, kind)
                else { throw error }
                padded.reserve(data.count)
                for (place, byte) in data.enumerated() { unsafe padded.start[place] = byte }
                let chunk = PNGChunks.Chunk(name: 0, start: 0, length: data.count)
                run = unsafe try Run(
                    PNGStream(
                        UnsafeBufferPointer(start: padded.start, count: data.count), chunks, kind,
                        data: chunk, frame))
            }
            if isInterlaced {
                do throws(ImageError) {
                    unsafe try run.readAll(stored.start, stride)
                } catch {
                    try pad(error)
                    unsafe try run.readAll(stored.start, stride)
                }
            }
            for y in 0..<chunks.height {
                let frameRow = y - frame.y
                var source = unsafe blank
                if (0..<frame.height).contains(frameRow) {
                    unsafe source = stored.start + (isInterlaced ? frameRow * stride : 0)
                    if !isInterlaced {
                        do throws(ImageError) {
                            unsafe try run.read(source, stride)
                        } catch {
                            try pad(error)
                            for _ in 0...frameRow { unsafe try run.read(source, stride) }
                        }
                    }
                }
                guard (region.y..<(region.y + region.height)).contains(y) else { continue }
                unsafe convert(source, blank, row, frame, region)
                unsafe lender.take(body)
            }
            try first.finish()
        }
        unsafe lender.lend(body)
    }

    /// Writes a row of the region.
    private func convert(
        _ source: UnsafePointer<UInt8>, _ blank: UnsafePointer<UInt8>, _ row: PNGRow,
        _ frame: PixelRegion, _ region: PixelRegion
    ) {
        let out = unsafe lender.next
        let start = max(region.x, frame.x)
        let end = min(region.x + region.width, frame.x + frame.width)
        if end - start < region.width {
            for x in 0..<region.width {
                unsafe row.convert(blank, from: 0, count: 1, to: out + x * 3)
            }
        }
        guard start < end else { return }
        unsafe row.convert(
            source, from: start - frame.x, count: end - start, to: out + (start - region.x) * 3)
    }
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
