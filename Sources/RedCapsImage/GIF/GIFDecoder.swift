#if GIF
/// Decodes the first frame of GIFs.
///
/// giflib isn't used: it decodes codes that were never defined to whatever lies in its tables, where
/// Pillow refuses the file.
final class GIFDecoder: FormatDecoder {
    /// The indices of the screen's pixels.
    private var screen = Scratch()
    private var symbols = GIFSymbols()
    private var lender = RowLender()

    func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        header(try GIFFile(bytes))
    }

    private func header(_ file: GIFFile) -> ImageHeader {
        ImageHeader(
            format: .gif, width: file.width, height: file.height, componentCount: 1,
            isProgressive: file.isInterlaced)
    }

    func metadata(of bytes: Span<UInt8>) -> ImageMetadata { ImageMetadata() }

    func forEachRows(
        of bytes: Span<UInt8>, _ choose: PartChoice, _ body: RowsBody
    ) throws(ImageError) {
        let file = try GIFFile(bytes)
        let header = header(file)
        let region = try choose(header).region
        try region.check(in: header)
        defer { screen.trim() }
        screen.reserve(file.width * file.height)
        let isCovered = file.frame.width == file.width && file.frame.height == file.height
        if !isCovered {
            unsafe screen.start.update(
                repeating: file.background, count: file.width * file.height)
        }
        var place = GIFPlace(file)
        unsafe try symbols.decode(
            bytes.extracting(file.dataStart...), bits: file.symbolBits, to: screen.start, &place)

        // Gray, or the palette's colours and black.
        var colors = (0..<768).map { UInt8($0 / 3) }
        if let palette = file.palette {
            colors = Array(palette.prefix(palette.count / 3 * 3))
            colors += [UInt8](repeating: 0, count: 768 - colors.count)
        }
        lender.begin(width: region.width)
        unsafe colors.withUnsafeBufferPointer { colors in
            for y in region.y..<(region.y + region.height) {
                let row = unsafe screen.start + y * file.width + region.x
                let out = unsafe lender.next
                for x in 0..<region.width {
                    let color = unsafe Int(row[x]) * 3
                    unsafe out[3 * x] = colors[color]
                    unsafe out[3 * x + 1] = colors[color + 1]
                    unsafe out[3 * x + 2] = colors[color + 2]
                }
                unsafe lender.take(body)
            }
        }
        unsafe lender.lend(body)
    }
}

/// Where the next pixel of a frame goes.
struct GIFPlace {
    private let frame: PixelRegion
    private let screenWidth: Int
    /// The first row and the step of each pass.
    private var passes: ArraySlice<(first: Int, step: Int)>
    private var x = 0
    private var y = 0

    init(_ file: GIFFile) {
        frame = file.frame
        screenWidth = file.width
        passes = file.isInterlaced ? [(0, 8), (4, 8), (2, 4), (1, 2)] : [(0, 1)]
    }

    /// The pixels that are left of the row, and where they are on the screen.
    var rest: (start: Int, count: Int) {
        ((frame.y + y) * screenWidth + frame.x + x, frame.width - x)
    }

    /// Goes on by as many pixels as the row has left at most.
    /// - Returns: Whether the frame isn't complete.
    mutating func advance(_ count: Int) -> Bool {
        x += count
        guard x == frame.width else { return true }
        x = 0
        y += passes.first?.step ?? 1
        while y >= frame.height {
            passes = passes.dropFirst()
            guard let pass = passes.first else { return false }
            y = pass.first
        }
        return true
    }
}
#endif
