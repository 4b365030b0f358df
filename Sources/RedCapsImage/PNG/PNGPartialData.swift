#if PNG
// Data that end before the image does.
extension PNGChunks {
    private static let pieceSize = 65536

    /// The rows that the data of an image hold, as a stream of zlib, and how many these are: of an
    /// interlaced image all, with zeros in place of those that lack.
    /// - Returns: `nil` if the data don't end after a row, or Pillow doesn't see that they end: it reads
    ///   a chunk at a time, 65,536 bytes of it at most, and looks for the end only where a row ends.
    func rowsThatAreThere(
        _ bytes: Span<UInt8>, _ frame: PixelRegion, _ kind: Kind
    ) throws(ImageError) -> (data: [UInt8], count: Int)? {
        var chunks = self
        var compressed: [UInt8] = []
        var pieces: [Int] = []
        var next = data
        while let chunk = next {
            let end = min(bytes.count, chunk.start + chunk.length)
            if chunk.start < end {
                pieces += stride(
                    from: compressed.count, to: compressed.count + end - chunk.start,
                    by: Self.pieceSize)
                unsafe bytes.extracting(chunk.start..<end).withUnsafeBufferPointer {
                    unsafe compressed.append(contentsOf: $0)
                }
            }
            next = try? chunks.data(bytes, after: chunk)
        }
        let rows = rowSizes(frame, kind)
        let size = rows.reduce(0) { $0 + $1.size * $1.count }
        guard case .bytes(var data, let end) = Zlib.inflate(compressed.span, atMost: size),
            let lastPiece = pieces.last(where: { $0 < end }),
            case .bytes(let before, _) = Zlib.inflate(
                compressed.span.extracting(..<lastPiece), atMost: size),
            before.count < data.count
        else { return nil }
        var rest = data.count
        var present = 0
        for row in rows {
            let count = min(row.count, rest / row.size)
            present += count
            rest -= count * row.size
            if count < row.count { break }
        }
        guard rest == 0, present > 0 else { return nil }
        if isInterlaced {
            data.append(contentsOf: repeatElement(0, count: size - data.count))
            present = frame.height
        }
        return Zlib.stored(data).map { ($0, present) }
    }

    /// The rows in the order that they are stored, each with its filter's number, and how many
    /// there are of a size.
    private func rowSizes(_ frame: PixelRegion, _ kind: Kind) -> [(size: Int, count: Int)] {
        guard isInterlaced else { return [(1 + (frame.width * kind.bits + 7) / 8, frame.height)] }
        let passes = [
            (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
            (0, 1, 1, 2),
        ]
        return passes.compactMap { x, y, right, down in
            let width = (frame.width - x + right - 1) / right
            let height = (frame.height - y + down - 1) / down
            return width > 0 && height > 0 ? (1 + (width * kind.bits + 7) / 8, height) : nil
        }
    }
}
#endif
