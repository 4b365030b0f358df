import RedCapsImage

extension CaptionBatch {
    /// A picture of the batch: its images in rows from the top left, on a light ground.
    /// - Parameters:
    ///   - columns: Images in a row; by default as many as make the sheet about square.
    ///   - edge: The edge of each image in the sheet, in pixels, 1 ... 4096.
    ///     Images that are no squares are fitted in, with their aspect.
    /// - Throws: `ImageError` with `badRequest` if the sheet would be too large, or the batch is empty
    ///   or has fewer images than samples.
    public func contactSheet(columns: Int? = nil, edge: Int = 192) throws(ImageError) -> PixelBuffer
    {
        guard (1...4096).contains(edge) else {
            throw ImageError(.badRequest, "an edge of \(edge) isn't in 1 ... 4096")
        }
        guard count > 0 else { throw ImageError(.badRequest, "a batch without samples") }
        guard count <= pixelValues.count else {
            throw ImageError(.badRequest, "\(pixelValues.count) images for \(count) samples")
        }
        let square = Int(Double(count).squareRoot().rounded(.up))
        let columns = min(max(1, columns ?? square), count)
        let rows = (count + columns - 1) / columns
        let gap = 8
        let width = columns * (edge + gap) + gap
        let height = rows * (edge + gap) + gap
        try PixelBuffer.check(width, height)
        var sheet = [UInt8](repeating: 245, count: width * height * 3)
        let resampler = try Resampler(.lanczos)
        let tileSize = tileSize(in: edge)
        for number in 0..<count {
            let tile = try resampler.resize(
                image(number), width: tileSize.width, height: tileSize.height)
            let left = gap + number % columns * (edge + gap) + (edge - tile.width) / 2
            let top = gap + number / columns * (edge + gap) + (edge - tile.height) / 2
            let row = tile.width * 3
            for y in 0..<tile.height {
                let target = ((top + y) * width + left) * 3
                sheet.replaceSubrange(
                    target..<(target + row), with: tile.pixels[(y * row)..<((y + 1) * row)])
            }
        }
        return try PixelBuffer(width: width, height: height, pixels: sheet)
    }

    /// How large an image of the batch is in the sheet: its longer edge is `edge`.
    private func tileSize(in edge: Int) -> (width: Int, height: Int) {
        let (width, height) = (pixelValues.width, pixelValues.height)
        let longer = max(width, height)
        return (max(1, width * edge / longer), max(1, height * edge / longer))
    }

    /// An image of the batch as it was before it was stored in the batch's format.
    private func image(_ number: Int) throws(ImageError) -> PixelBuffer {
        let format = pixelValues.format
        let plane = pixelValues.width * pixelValues.height
        var pixels = [UInt8](repeating: 0, count: 3 * plane)
        pixelValues.withBytes { bytes in
            let first = number * 3 * plane
            for pixel in 0..<plane {
                for channel in 0..<3 {
                    let place =
                        format.layout == .channelsFirst
                        ? channel * plane + pixel : 3 * pixel + channel
                    pixels[3 * pixel + channel] = Self.byte(bytes, first + place, format.type)
                }
            }
        }
        return try PixelBuffer(
            width: pixelValues.width, height: pixelValues.height, pixels: pixels)
    }

    /// The byte that a channel was made of.
    private static func byte(_ bytes: RawSpan, _ place: Int, _ type: PixelType) -> UInt8 {
        func bits(_ count: Int) -> UInt32 {
            (0..<count).reversed().reduce(0) {
                $0 << 8 | UInt32(bytes.byte(at: place * count + $1))
            }
        }
        let value: Float
        switch type {
        case .uint8: return UInt8(bits(1))
        case .float32: value = Float(bitPattern: bits(4))
        case .bfloat16: value = Float(bitPattern: bits(2) << 16)
        case .float16:
            let half = bits(2)
            let sign = (half & 0x8000) << 16
            let magnitude = half & 0x7FFF
            // None of the values is subnormal; the exponent's bias becomes 127 instead of 15.
            value = Float(bitPattern: sign | (magnitude == 0 ? 0 : (magnitude << 13) + (112 << 23)))
        }
        return UInt8(max(0, min(255, ((value + 1) / 2 * 255).rounded())))
    }
}

extension RawSpan {
    fileprivate func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
