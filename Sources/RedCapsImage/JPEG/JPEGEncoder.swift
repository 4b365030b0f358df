/// Encodes pixels as JPEG, with libjpeg-turbo.
public struct JPEGEncoder: Sendable, Hashable {
    /// How finely colour is stored against brightness.
    public enum Sampling: Sendable, Hashable {
        /// A colour for each pixel.
        case s444
        /// One for two pixels in a row.
        case s422
        /// One for four pixels in a square.
        case s420
        /// No colour.
        case gray
    }

    /// 1 to 100, as libjpeg counts.
    public let quality: Int
    public let sampling: Sampling
    /// Whether to store scans of growing detail.
    public let isProgressive: Bool
    /// Whether to count symbols first, which takes longer and saves some percent.
    public let optimizesCoding: Bool
    /// A restart marker after so many units of coding, or 0 for none.
    public let restartInterval: Int

    /// - Throws: `ImageError` with `badRequest` for a quality that isn't in 1 ... 100, or an interval
    ///   that isn't in 0 ... 65535.
    public init(
        quality: Int = 90, sampling: Sampling = .s420, isProgressive: Bool = false,
        optimizesCoding: Bool = true, restartInterval: Int = 0
    ) throws(ImageError) {
        guard (1...100).contains(quality) else {
            throw ImageError(.badRequest, "a JPEG quality of \(quality) isn't in 1 ... 100")
        }
        guard (0...65535).contains(restartInterval) else {
            throw ImageError(
                .badRequest, "a restart interval of \(restartInterval) isn't in 0 ... 65535")
        }
        self.quality = quality
        self.sampling = sampling
        self.isProgressive = isProgressive
        self.optimizesCoding = optimizesCoding
        self.restartInterval = restartInterval
    }

    /// Encodes an image.
    /// - Throws: `ImageError` for sizes that JPEG hasn't (more than 65,500) or if memory runs out.
    public func encode(_ image: PixelBuffer) throws(ImageError) -> [UInt8] {
        let writer = try JPEGWriter()
        try writer.begin(width: image.width, height: image.height, self)
        unsafe try image.pixels.withUnsafeBufferPointer { (pixels) throws(ImageError) in
            guard let start = pixels.baseAddress else { return }
            for y in 0..<image.height { unsafe try writer.write(start + y * image.width * 3) }
        }
        return try writer.finish()
    }

    /// The same for images without colour.
    func gray() throws(ImageError) -> JPEGEncoder {
        try JPEGEncoder(
            quality: quality, sampling: .gray, isProgressive: isProgressive,
            optimizesCoding: optimizesCoding, restartInterval: restartInterval)
    }
}
