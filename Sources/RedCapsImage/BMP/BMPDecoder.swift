/// Decodes BMPs: one to 32 bits per pixel, and run lengths.
final class BMPDecoder: FormatDecoder {
    /// The indices that run lengths stand for.
    private var indices = Scratch()
    private var lender = RowLender()

    func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        header(try BMPFile(bytes))
    }

    private func header(_ file: BMPFile) -> ImageHeader {
        ImageHeader(
            format: .bmp, width: file.width, height: file.height,
            componentCount: !file.palette.isEmpty ? 1 : file.hasAlpha ? 4 : 3,
            isProgressive: false)
    }

    func metadata(of bytes: Span<UInt8>) -> ImageMetadata { ImageMetadata() }

    func forEachRows(
        of bytes: Span<UInt8>, _ choose: PartChoice, _ body: RowsBody
    ) throws(ImageError) {
        let file = try BMPFile(bytes)
        let header = header(file)
        let region = try choose(header).region
        try region.check(in: header)
        lender.begin(width: region.width)
        if case .runs(let areHalves) = file.pixel {
            defer { indices.trim() }
            indices.reserve(file.width * file.height)
            var runs = BMPRuns(file, areHalves: areHalves)
            unsafe try runs.decode(bytes, to: indices.start)
            for y in region.y..<(region.y + region.height) {
                let row = unsafe indices.start + file.storedRow(y) * file.width + region.x
                let out = unsafe lender.next
                for x in 0..<region.width {
                    unsafe file.write(Int(row[x]), to: out + 3 * x)
                }
                unsafe lender.take(body)
            }
        } else {
            let stride = try file.checkedStride(bytes)
            for y in region.y..<(region.y + region.height) {
                let row = file.dataStart + file.storedRow(y) * stride
                unsafe convert(bytes, at: row, file, region, to: lender.next)
                unsafe lender.take(body)
            }
        }
        unsafe lender.lend(body)
    }

    /// Writes a row of the region.
    /// - Parameter row: Where it is stored.
    private func convert(
        _ bytes: Span<UInt8>, at row: Int, _ file: BMPFile, _ region: PixelRegion,
        to out: UnsafeMutablePointer<UInt8>
    ) {
        switch file.pixel {
        case .index(let bits):
            let mask = 1 << bits - 1
            for x in 0..<region.width {
                let bit = (region.x + x) * bits
                let index = Int(bytes[row + bit / 8]) >> (8 - bits - bit % 8) & mask
                unsafe file.write(index, to: out + 3 * x)
            }
        case .bytes(let count, let red, let green, let blue):
            for x in 0..<region.width {
                let place = row + (region.x + x) * count
                unsafe out[3 * x] = bytes[place + red]
                unsafe out[3 * x + 1] = bytes[place + green]
                unsafe out[3 * x + 2] = bytes[place + blue]
            }
        case .packed(let greenBits):
            let most = 1 << greenBits - 1
            for x in 0..<region.width {
                let place = row + (region.x + x) * 2
                let pixel = Int(bytes[place]) | Int(bytes[place + 1]) << 8
                unsafe out[3 * x] = UInt8((pixel >> (5 + greenBits) & 31) * 255 / 31)
                unsafe out[3 * x + 1] = UInt8((pixel >> 5 & most) * 255 / most)
                unsafe out[3 * x + 2] = UInt8((pixel & 31) * 255 / 31)
            }
        case .runs: break
        }
    }
}

extension BMPFile {
    /// Which of the rows stored is shown as row `y`.
    fileprivate func storedRow(_ y: Int) -> Int { isTopDown ? y : height - 1 - y }

    /// Writes the colour of an index.
    fileprivate func write(_ index: Int, to out: UnsafeMutablePointer<UInt8>) {
        unsafe out[0] = palette[3 * index]
        unsafe out[1] = palette[3 * index + 1]
        unsafe out[2] = palette[3 * index + 2]
    }

    /// Sees to it that all rows are there, the last one without what fills it up.
    /// - Returns: From row to row, in bytes.
    fileprivate func checkedStride(_ bytes: Span<UInt8>) throws(ImageError) -> Int {
        guard pixel.bits < Int(Int32.max) / width else {
            throw ImageError(.unsupported, "BMP: rows of \(width) pixels")
        }
        let rowSize = (width * pixel.bits + 7) / 8
        let available = bytes.count - dataStart
        // Gray bytes in the room of fewer bits: of a file that it can map into memory, Pillow takes
        // such rows to lie one behind the other.
        let stride = max(stride, rowSize)
        guard stride == self.stride || available / rowSize >= height else {
            throw ImageError(.invalid, "BMP: \(rowSize) bytes of pixels in rows of \(self.stride)")
        }
        guard available >= rowSize, (available - rowSize) / stride >= height - 1 else {
            throw Self.truncated
        }
        return stride
    }
}
