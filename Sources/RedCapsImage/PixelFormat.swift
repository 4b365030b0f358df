/// What a pixel's channels are stored as.
public enum PixelType: String, Sendable, Hashable, CaseIterable {
    /// 32 bits: `2 * (v / 255) - 1` in single precision.
    case float32
    /// 16 bits (IEEE 754 binary16): the same, rounded to the nearest.
    case float16
    /// 16 bits (the upper half of a `float32`): the same, rounded to the nearest.
    case bfloat16
    /// The bytes as they are, 0 to 255, for normalising on the device.
    case uint8

    /// Bytes of a channel.
    public var size: Int {
        switch self {
        case .float32: 4
        case .float16, .bfloat16: 2
        case .uint8: 1
        }
    }
}

/// In what order an image's channels, rows and columns lie.
public enum PixelLayout: String, Sendable, Hashable, CaseIterable {
    /// 3 × H × W: a plane for each channel, as PyTorch has them.
    case channelsFirst
    /// H × W × 3: the channels of a pixel side by side, as MLX's convolutions want them.
    case channelsLast
}

/// How the pixels of a batch are stored.
public struct PixelFormat: Sendable, Hashable {
    /// What each channel is stored as.
    public var type: PixelType
    /// In what order they lie.
    public var layout: PixelLayout

    /// Makes a format; by default the reference's, three planes of floats.
    public init(_ type: PixelType = .float32, _ layout: PixelLayout = .channelsFirst) {
        self.type = type
        self.layout = layout
    }

    /// The edges that an image of a batch may have, in pixels.
    package static let edges = 1...16384

    /// Bytes of an image of `width` × `height` pixels.
    public func byteCount(width: Int, height: Int) -> Int { 3 * width * height * type.size }

    /// The shape of `count` images of `width` × `height` pixels: the height comes before the width.
    public func shape(count: Int, width: Int, height: Int) -> [Int] {
        layout == .channelsFirst ? [count, 3, height, width] : [count, height, width, 3]
    }

    /// - Throws: `ImageError` with `badRequest` if images of a batch can't have such a size.
    package static func check(width: Int, height: Int) throws(ImageError) {
        guard edges.contains(width), edges.contains(height) else {
            throw ImageError(
                .badRequest,
                "\(width)×\(height) pixels: edges must be in 1 ... \(edges.upperBound)")
        }
    }

    /// Whether memory can take an image.
    /// - Throws: `ImageError` with `badRequest` if no image has that size, or the memory is of
    ///   another size, or not aligned.
    func check(
        _ pixels: borrowing MutableRawSpan, width: Int, height: Int
    ) throws(ImageError) {
        try Self.check(width: width, height: height)
        let expected = byteCount(width: width, height: height)
        guard pixels.byteCount == expected else {
            throw ImageError(
                .badRequest, "room for \(pixels.byteCount) bytes of pixels, not \(expected)")
        }
        let isAligned = unsafe pixels.withUnsafeBytes {
            Int(bitPattern: $0.baseAddress) % type.size == 0
        }
        guard isAligned else {
            throw ImageError(.badRequest, "the memory isn't aligned for \(type)")
        }
    }
}
