/// An image in memory: 8-bit RGB, interleaved, rows from the top without padding.
public struct PixelBuffer: Sendable, Hashable {
    public let width: Int
    public let height: Int
    /// `height` × `width` × 3 bytes.
    public let pixels: [UInt8]

    /// The most pixels that a buffer may have.
    static let maximumPixels = 1 << 28

    /// Makes a buffer of the given pixels.
    /// - Throws: `ImageError` with `badRequest` if the sizes aren't positive, don't fit the pixels,
    ///   or make more than 2^28 of them.
    public init(width: Int, height: Int, pixels: [UInt8]) throws(ImageError) {
        try Self.check(width, height)
        guard pixels.count == width * height * 3 else {
            throw ImageError(
                .badRequest,
                "\(pixels.count) bytes for \(width)×\(height) RGB pixels, not \(width * height * 3)"
            )
        }
        self.init(uncheckedWidth: width, height: height, pixels: pixels)
    }

    /// - Throws: `ImageError` with `badRequest` if no buffer can have that size.
    package static func check(_ width: Int, _ height: Int) throws(ImageError) {
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !overflow, count <= maximumPixels else {
            throw ImageError(.badRequest, "an image of \(width)×\(height) pixels can't be made")
        }
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
