internal import CJPEG

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Encodes pixels as JPEG, with libjpeg-turbo.
public struct JPEGEncoder: Sendable {
    /// How finely colour is stored against brightness.
    public enum Sampling: Sendable {
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
    /// How colour is stored.
    public let sampling: Sampling
    /// Whether to store scans of growing detail.
    public let isProgressive: Bool
    /// A restart marker after so many units of coding, or 0 for none.
    public let restartInterval: Int

    /// Chooses options.
    /// - Throws: `ImageError` with `badRequest` for a quality that isn't in 1 ... 100, or an interval
    ///   that isn't in 0 ... 65535.
    public init(
        quality: Int = 90, sampling: Sampling = .s420, isProgressive: Bool = false,
        restartInterval: Int = 0
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
        self.restartInterval = restartInterval
    }

    /// Encodes an image.
    /// - Throws: `ImageError` for sizes that JPEG hasn't (more than 65,500) or if memory runs out.
    public func encode(_ image: PixelBuffer) throws(ImageError) -> [UInt8] {
        let (h, v): (Int32, Int32) =
            switch sampling {
            case .s444, .gray: (1, 1)
            case .s422: (2, 1)
            case .s420: (2, 2)
            }
        var options = rc_jpeg_options(
            quality: Int32(quality), h_sampling: h, v_sampling: v,
            is_progressive: isProgressive ? 1 : 0, is_grayscale: sampling == .gray ? 1 : 0,
            optimizes_coding: 1, restart_interval: UInt32(restartInterval))
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        var message = [CChar](repeating: 0, count: 256)
        let status = unsafe image.pixels.withUnsafeBufferPointer { pixels in
            guard let start = pixels.baseAddress else { return RC_JPEG_INVALID }
            return unsafe rc_jpeg_encode(
                start, UInt32(image.width), UInt32(image.height), &options, &bytes, &count,
                &message, message.count)
        }
        guard status == RC_JPEG_OK, let bytes = unsafe bytes else {
            let words = String(
                decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw ImageError(
                status == RC_JPEG_NO_MEMORY ? .noMemory : .badRequest, "JPEG: \(words)")
        }
        defer { unsafe free(bytes) }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
