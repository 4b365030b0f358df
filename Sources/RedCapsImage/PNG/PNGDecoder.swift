#if PNG
/// Decodes PNGs of every kind: libspng inflates and undoes the filters, the rest follows Pillow.
final class PNGDecoder: FormatDecoder {
    /// A row as it is stored; of an interlaced image all rows.
    private var stored = Scratch()
    private var lender = RowLender()

    func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        header(try PNGChunks(bytes))
    }

    private func header(_ chunks: PNGChunks) -> ImageHeader {
        ImageHeader(
            format: .png, width: chunks.width, height: chunks.height,
            componentCount: chunks.kind?.componentCount ?? 1, isProgressive: chunks.isInterlaced,
            orientation: chunks.orientation)
    }

    func metadata(of bytes: Span<UInt8>) throws(ImageError) -> ImageMetadata {
        try PNGChunks(bytes).metadata
    }

    func forEachRows(
        of bytes: Span<UInt8>, _ choose: PartChoice, _ body: RowsBody
    ) throws(ImageError) {
        let chunks = try PNGChunks(bytes)
        guard let kind = chunks.kind, let data = chunks.data else { return }
        let header = header(chunks)
        let region = try choose(header).region
        try region.check(in: header)
        var frame =
            chunks.frame ?? PixelRegion(x: 0, y: 0, width: chunks.width, height: chunks.height)
        // Pillow forgets where the frame lies.
        if chunks.isInterlaced { (frame.x, frame.y) = (0, 0) }
        let row = PNGRow(kind, palette: chunks.palette)
        let stride = row.byteCount(frame.width)
        let isInterlaced = chunks.isInterlaced
        // All rows at once take memory, which a few bytes mustn't get: nothing is deflated to less
        // than a thousandth. (Rows that follow each other take none.)
        let size = frame.height * stride
        guard !isInterlaced || size <= 1 << 26 || size / 1032 <= bytes.count else {
            throw ImageError(.truncated, "PNG: fewer data than the image needs")
        }
        // A row of zeros at the end stands for what isn't there.
        let rows = isInterlaced ? frame.height : 1
        stored.reserve((rows + 1) * stride)
        defer { stored.trim() }
        unsafe stored.start.update(repeating: 0, count: (rows + 1) * stride)
        let blank = unsafe stored.start + rows * stride

        lender.begin(width: region.width)
        unsafe try bytes.withUnsafeBufferPointer { (file) throws(ImageError) in
            let reader = unsafe try PNGReader(file, chunks, kind, data: data, frame)
            if isInterlaced { unsafe try reader.readAll(stored.start, stride) }
            for y in 0..<chunks.height {
                let frameRow = y - frame.y
                var source = unsafe blank
                if !(0..<frame.height).contains(frameRow) {
                    // Outside the frame.
                } else if isInterlaced {
                    unsafe source = stored.start + frameRow * stride
                } else if unsafe try reader.read(stored.start, stride) {
                    unsafe source = stored.start
                }
                guard (region.y..<(region.y + region.height)).contains(y) else { continue }
                unsafe convert(source, blank, row, frame, region)
                unsafe lender.take(body)
            }
            try reader.finish()
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
#endif
