extension CaptionBatch {
    /// A picture of the batch: its images in rows from the top left, on a light ground.
    /// - Parameters:
    ///   - columns: Images in a row; by default as many as make the sheet about square.
    ///   - edge: The edge of each image in the sheet, in pixels, 1 ... 4096.
    /// - Throws: `ImageError` with `badRequest` if the sheet would be too large.
    public func contactSheet(columns: Int? = nil, edge: Int = 192) throws(ImageError) -> PixelBuffer
    {
        guard (1...4096).contains(edge) else {
            throw ImageError(.badRequest, "an edge of \(edge) isn't in 1 ... 4096")
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
        for number in 0..<count {
            let tile = try resampler.resize(image(number), width: edge, height: edge)
            let left = gap + number % columns * (edge + gap)
            let top = gap + number / columns * (edge + gap)
            for y in 0..<edge {
                let target = ((top + y) * width + left) * 3
                sheet.replaceSubrange(
                    target..<(target + edge * 3),
                    with: tile.pixels[(y * edge * 3)..<((y + 1) * edge * 3)])
            }
        }
        return try PixelBuffer(width: width, height: height, pixels: sheet)
    }

    /// An image of the batch as it was before normalising.
    private func image(_ number: Int) throws(ImageError) -> PixelBuffer {
        let size = pixelValues.imageSize
        let floats = pixelValues[number]
        var pixels = [UInt8](repeating: 0, count: floats.count)
        let plane = size * size
        for pixel in 0..<plane {
            for channel in 0..<3 {
                let value = (floats[channel * plane + pixel] + 1) / 2 * 255
                pixels[pixel * 3 + channel] = UInt8(value.rounded())
            }
        }
        return try PixelBuffer(width: size, height: size, pixels: pixels)
    }
}
