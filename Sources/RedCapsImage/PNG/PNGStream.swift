#if PNG
internal import CSpng

/// What libspng reads: a header, and the chunks of data as Pillow would go through them.
///
/// libspng judges chunks by rules of its own, so it sees only these; what Pillow refuses about the
/// rest, `PNGChunks` has refused before.
@safe final class PNGStream {
    private var chunks: PNGChunks
    private let bytes: UnsafeBufferPointer<UInt8>
    /// The bytes that come before the data of the current chunk, and how many of them were read.
    private var prefix: [UInt8]
    private var prefixRead = 0
    /// The chunk whose data are read, or are next.
    private(set) var current: PNGChunks.Chunk
    /// Of its data those that the file has, and how many of them were read.
    private var present: Int
    private var read = 0
    /// Why there is no more.
    private(set) var failure: ImageError?

    /// - Parameters:
    ///   - data: The first chunk of data in `bytes`.
    ///   - frame: The part of the image that the data fill.
    init(
        _ bytes: UnsafeBufferPointer<UInt8>, _ chunks: PNGChunks, _ kind: PNGChunks.Kind,
        data: PNGChunks.Chunk, _ frame: PixelRegion
    ) {
        unsafe self.bytes = bytes
        self.chunks = chunks
        current = data
        // Indices are decoded as gray, which needs no palette.
        let colorType = kind.hasPalette ? 0 : UInt8(kind.colorType)
        let header =
            Array("IHDR".utf8) + Self.bigEndian(frame.width) + Self.bigEndian(frame.height)
            + [UInt8(kind.bitDepth), colorType, 0, 0, chunks.isInterlaced ? 1 : 0]
        prefix =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Self.bigEndian(13) + header
            + Self.bigEndian(Int(Zlib.crc32(header.span)))
        present = max(0, min(data.length, bytes.count - data.start))
        prefix += Self.bigEndian(present) + Array("IDAT".utf8)
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// Fills memory with what comes next.
    func fill(_ out: UnsafeMutableRawPointer, _ count: Int) -> spng_errno {
        var done = 0
        while done < count {
            if prefixRead < prefix.count {
                unsafe (out + done).storeBytes(of: prefix[prefixRead], as: UInt8.self)
                prefixRead += 1
                done += 1
            } else if read < present, let start = unsafe bytes.baseAddress {
                let some = min(count - done, present - read)
                unsafe (out + done).copyMemory(
                    from: start + current.start + read, byteCount: some)
                read += some
                done += some
            } else if !advance() {
                return SPNG_IO_EOF
            }
        }
        return SPNG_OK
    }

    /// Goes on with the next chunk of data.
    private func advance() -> Bool {
        guard failure == nil else { return false }
        do throws(ImageError) {
            guard let next = try chunks.data(unsafe bytes.span, after: current) else {
                throw ImageError(.truncated, "PNG: the data end before the image does")
            }
            prefix = checkSum
            current = next
        } catch {
            failure = error
            return false
        }
        present = unsafe max(0, min(current.length, bytes.count - current.start))
        read = 0
        prefix += Self.bigEndian(present) + Array("IDAT".utf8)
        prefixRead = 0
        return true
    }

    /// The sum that libspng expects after the current chunk; the file's own doesn't matter.
    private var checkSum: [UInt8] {
        let name = Array("IDAT".utf8)
        let data = unsafe bytes.span.extracting(current.start..<(current.start + present))
        return Self.bigEndian(Int(Zlib.crc32(data, after: Zlib.crc32(name.span))))
    }

    /// Reads what follows the image.
    func finish() throws(ImageError) {
        if let failure { throw failure }
        try chunks.finish(unsafe bytes.span, after: current)
    }
}
#endif
