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
    /// 3 × S × S: a plane for each channel, as PyTorch has them.
    case channelsFirst
    /// S × S × 3: the channels of a pixel side by side, as MLX's convolutions want them.
    case channelsLast
}

/// How the pixels of a batch are stored.
public struct PixelFormat: Sendable, Hashable {
    /// What each channel is stored as.
    public var type: PixelType
    /// In what order they lie.
    public var layout: PixelLayout

    /// Makes a format; by default the reference's.
    public init(_ type: PixelType = .float32, _ layout: PixelLayout = .channelsFirst) {
        self.type = type
        self.layout = layout
    }

    /// Bytes of an image of S × S pixels.
    public func byteCount(imageSize: Int) -> Int { 3 * imageSize * imageSize * type.size }

    /// The shape of `count` images of S × S pixels.
    public func shape(count: Int, imageSize: Int) -> [Int] {
        layout == .channelsFirst
            ? [count, 3, imageSize, imageSize] : [count, imageSize, imageSize, 3]
    }

    /// Whether memory can take an image.
    /// - Throws: `ImageError` with `badRequest` if it is of another size, or not aligned.
    func check(_ pixels: borrowing MutableRawSpan, imageSize: Int) throws(ImageError) {
        let expected = byteCount(imageSize: imageSize)
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
