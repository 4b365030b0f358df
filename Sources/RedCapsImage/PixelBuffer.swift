/// An image in memory: 8-bit RGB, interleaved, rows from the top without padding.
public struct PixelBuffer: Sendable, Hashable {
    /// The width in pixels.
    public let width: Int
    /// The height in pixels.
    public let height: Int
    /// `height` × `width` × 3 bytes.
    public var pixels: [UInt8]

    /// Makes a buffer of the given pixels, or a black one.
    /// - Throws: `ImageError` with `badRequest` if the sizes aren't positive or don't fit the pixels.
    public init(width: Int, height: Int, pixels: [UInt8]? = nil) throws(ImageError) {
        guard width > 0, height > 0, width <= 1 << 24, height <= 1 << 24 else {
            throw ImageError(.badRequest, "an image of \(width)×\(height) pixels can't be made")
        }
        let count = width * height * 3
        if let pixels, pixels.count != count {
            throw ImageError(
                .badRequest, "\(pixels.count) bytes for \(width)×\(height) RGB pixels, not \(count)"
            )
        }
        self.width = width
        self.height = height
        self.pixels = pixels ?? [UInt8](repeating: 0, count: count)
    }
}

extension PixelBuffer {
    /// A buffer whose sizes the caller has made fit.
    init(uncheckedWidth width: Int, height: Int, pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
