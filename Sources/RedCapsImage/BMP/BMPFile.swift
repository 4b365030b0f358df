/// What comes before the pixels of a BMP, as Pillow reads it.
///
/// Source: Pillow 13's `BmpImagePlugin`, followed step by step.
struct BMPFile {
    /// How a pixel is stored.
    enum Pixel: Equatable {
        /// Bits of an index into the palette, the first pixel's being a byte's highest.
        case index(bits: Int)
        /// Bytes, and which of them are the colours.
        case bytes(count: Int, red: Int, green: Int, blue: Int)
        /// Two bytes, with five bits for red and blue, and so many for green.
        case packed(greenBits: Int)
        /// Run lengths of indices, which are bytes or halves of a byte.
        case runs(ofHalves: Bool)

        /// 0 for run lengths.
        var bits: Int {
            switch self {
            case .index(let bits): bits
            case .bytes(let count, _, _, _): count * 8
            case .packed: 16
            case .runs: 0
            }
        }
    }

    /// In pixels.
    let width: Int
    let height: Int
    /// Whether the first row stored is the first one shown.
    let isTopDown: Bool
    private(set) var pixel: Pixel
    private(set) var hasAlpha = false
    /// 256 colours of three bytes, black behind those that the file has.
    private(set) var palette: [UInt8] = []
    /// Where the pixels begin.
    private(set) var dataStart: Int
    /// From row to row, in bytes.
    let stride: Int

    private let headerSize: Int
    private let colorCount: Int

    /// - Throws: `ImageError` for what Pillow doesn't open.
    init(_ bytes: Span<UInt8>) throws(ImageError) {
        dataStart = try Self.integer(bytes, at: 10, bytes: 4)
        headerSize = try Self.integer(bytes, at: 14, bytes: 4)
        guard [12, 40, 52, 56, 64, 108, 124].contains(headerSize) else {
            throw ImageError(.unsupported, "BMP: a header of \(headerSize) bytes")
        }
        var position = 14 + headerSize
        guard position <= bytes.count else { throw Self.truncated }
        let isOld = headerSize == 12
        width = try Self.integer(bytes, at: 18, bytes: isOld ? 2 : 4)
        let storedHeight = try Self.integer(bytes, at: isOld ? 20 : 22, bytes: isOld ? 2 : 4)
        isTopDown = !isOld && bytes[25] == 0xFF
        height = isTopDown ? 1 << 32 - storedHeight : storedHeight
        guard width > 0, height > 0 else {
            throw ImageError(.invalid, "BMP: \(width)×\(height) pixels")
        }
        let bits = try Self.integer(bytes, at: isOld ? 24 : 28, bytes: 2)
        let compression = isOld ? 0 : try Self.integer(bytes, at: 30, bytes: 4)
        guard [1, 4, 8, 16, 24, 32].contains(bits) else {
            throw ImageError(.unsupported, "BMP: \(bits) bits per pixel")
        }
        stride = (width * bits + 31) / 32 * 4
        let stated = isOld ? 0 : try Self.integer(bytes, at: 46, bytes: 4)
        colorCount = stated == 0 ? 1 << bits : stated
        let colorSize = isOld ? 3 : 4
        if bits <= 8, dataStart == position { dataStart += colorSize * colorCount }

        pixel =
            switch bits {
            case 16: .packed(greenBits: 5)
            case 24: .bytes(count: 3, red: 2, green: 1, blue: 0)
            case 32: .bytes(count: 4, red: 2, green: 1, blue: 0)
            default: .index(bits: bits)
            }
        switch compression {
        case 0: break
        case 1 where bits <= 8, 2 where bits <= 8: pixel = .runs(ofHalves: compression == 2)
        case 3: position = try readMasks(bytes, bits)
        default:
            throw ImageError(
                .unsupported, "BMP: compression \(compression) of \(bits) bits per pixel")
        }
        if bits <= 8 { position = try readPalette(bytes, at: position, colorSize) }
        if dataStart == 0 { dataStart = position }
    }

    static var truncated: ImageError {
        ImageError(.truncated, "BMP: the file ends before the image does")
    }

    private static func integer(
        _ bytes: Span<UInt8>, at offset: Int, bytes count: Int
    ) throws(ImageError) -> Int {
        guard offset + count <= bytes.count else { throw truncated }
        return (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }

    /// Reads which bits are which colour; Pillow knows a few orders.
    /// - Returns: Where the header ends.
    private mutating func readMasks(
        _ bytes: Span<UInt8>, _ bits: Int
    ) throws(ImageError) -> Int {
        // An old header is followed by three masks, newer ones hold them.
        var masks: [Int] = []
        for number in 0..<3 {
            masks.append(try Self.integer(bytes, at: 54 + 4 * number, bytes: 4))
        }
        let alpha = headerSize >= 56 ? try Self.integer(bytes, at: 66, bytes: 4) : 0
        let (r, g, b) = (masks[0], masks[1], masks[2])
        switch (bits, r, g, b, bits == 32 ? alpha : 0) {
        case (32, 0xFF_0000, 0xFF00, 0xFF, 0), (24, 0xFF_0000, 0xFF00, 0xFF, _),
            (16, 0x7C00, 0x3E0, 0x1F, _):
            break
        case (32, 0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000), (32, 0, 0, 0, 0):
            hasAlpha = true
        case (32, 0xFF00_0000, 0xFF_0000, 0xFF00, 0), (32, 0xFF00_0000, 0xFF_0000, 0xFF00, 0xFF):
            hasAlpha = alpha != 0
            pixel = .bytes(count: 4, red: 3, green: 2, blue: 1)
        case (32, 0xFF00_0000, 0xFF00, 0xFF, 0), (32, 0xFF00_0000, 0xFF00, 0xFF, 0xFF_0000):
            hasAlpha = alpha != 0
            pixel = .bytes(count: 4, red: 3, green: 1, blue: 0)
        case (32, 0xFF, 0xFF00, 0xFF_0000, 0xFF00_0000):
            hasAlpha = true
            pixel = .bytes(count: 4, red: 0, green: 1, blue: 2)
        case (16, 0xF800, 0x7E0, 0x1F, _):
            pixel = .packed(greenBits: 6)
        default:
            let places = (masks + [alpha]).map { String($0, radix: 16) }
            throw ImageError(
                .unsupported,
                "BMP: \(bits) bits per pixel with the masks \(places.joined(separator: ", "))")
        }
        return headerSize == 40 ? 66 : 14 + headerSize
    }

    /// Reads the palette. One of grays in order is none: the pixels are then taken to be gray, or, of two
    /// colours, single bits.
    /// - Returns: Where it ends.
    private mutating func readPalette(
        _ bytes: Span<UInt8>, at start: Int, _ colorSize: Int
    ) throws(ImageError) -> Int {
        guard (1...65536).contains(colorCount) else {
            throw ImageError(.invalid, "BMP: a palette of \(colorCount) colours")
        }
        let end = min(bytes.count, start + colorSize * colorCount)
        let present = (end - start) / colorSize
        let isBlackAndWhite = colorCount <= 2
        // Three bytes of the last colour are enough.
        let isGray =
            end - start >= colorSize * (colorCount - 1) + 3
            && (0..<colorCount).allSatisfy { color in
                let gray = UInt8(truncatingIfNeeded: isBlackAndWhite ? color * 255 : color)
                return (0..<3).allSatisfy { bytes[start + color * colorSize + $0] == gray }
            }
        if isGray {
            palette = (0..<768).map {
                UInt8(isBlackAndWhite ? ($0 < 3 ? 0 : 255) : $0 / 3)
            }
            if case .index = pixel { pixel = .index(bits: isBlackAndWhite ? 1 : 8) }
        } else {
            guard present <= 256 else {
                throw ImageError(.invalid, "BMP: a palette of \(present) colours")
            }
            palette = [UInt8](repeating: 0, count: 768)
            for color in 0..<present {
                for channel in 0..<3 {
                    palette[color * 3 + channel] = bytes[start + color * colorSize + 2 - channel]
                }
            }
        }
        return end
    }
}
