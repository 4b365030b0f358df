#if GIF
/// What comes before the first frame of a GIF, as Pillow reads it.
///
/// Source: Pillow 13's `GifImagePlugin`, followed step by step.
struct GIFFile {
    /// The size of the screen, or larger where the frame reaches beyond it.
    private(set) var width: Int
    private(set) var height: Int
    /// Where the first frame lies.
    private(set) var frame = PixelRegion(x: 0, y: 0, width: 0, height: 0)
    private(set) var isInterlaced = false
    /// What the screen shows outside the frame.
    private(set) var background: UInt8 = 0
    /// Bits of the data's symbols.
    private(set) var symbolBits = 0
    /// Where the data begin.
    private(set) var dataStart = 0
    /// The frame's colours, or `nil` for gray.
    private(set) var palette: [UInt8]?

    private var position = 0

    init(_ bytes: Span<UInt8>) throws(ImageError) {
        guard bytes.count >= 13 else { throw Self.truncated }
        width = Self.integer(bytes, at: 6)
        height = Self.integer(bytes, at: 8)
        let flags = bytes[10]
        position = 13
        var global: [UInt8]?
        if flags & 128 != 0 { global = readPalette(bytes, flags).colors }
        var local: (colors: [UInt8]?, isThere: Bool) = (nil, false)
        find: while true {
            guard position < bytes.count, bytes[position] != UInt8(ascii: ";") else {
                throw ImageError(.invalid, "GIF: no frame")
            }
            position += 1
            switch bytes[position - 1] {
            case UInt8(ascii: "!"): try readExtension(bytes)
            case UInt8(ascii: ","):
                local = try readFrame(bytes)
                break find
            default: break
            }
        }
        width = max(width, frame.x + frame.width)
        height = max(height, frame.y + frame.height)
        guard width > 0, height > 0, frame.width > 0, frame.height > 0 else {
            throw ImageError(.invalid, "GIF: an empty frame")
        }
        palette = local.isThere ? local.colors ?? global : global
    }

    private static var truncated: ImageError {
        ImageError(.truncated, "GIF: the file ends before the image does")
    }

    private static func integer(_ bytes: Span<UInt8>, at offset: Int) -> Int {
        Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
    }

    /// - Returns: `nil` for one that gives every index its own gray, which needs no palette.
    private mutating func readPalette(
        _ bytes: Span<UInt8>, _ flags: UInt8
    ) -> (colors: [UInt8]?, isThere: Bool) {
        let end = min(bytes.count, position + 3 << (Int(flags & 7) + 1))
        let colors = (position..<end).map { bytes[$0] }
        position = end
        let isGray = colors.indices.allSatisfy { Int(colors[$0]) == $0 / 3 }
        return (isGray ? nil : colors, true)
    }

    /// The next block of an extension; `nil` at its end, or the file's.
    private mutating func block(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard position < bytes.count else { return nil }
        let start = position + 1
        let count = Int(bytes[position])
        position = min(bytes.count, start + count)
        return count == 0 ? nil : start..<position
    }

    private mutating func readExtension(_ bytes: Span<UInt8>) throws(ImageError) {
        guard position < bytes.count else { throw Self.truncated }
        let label = bytes[position]
        position += 1
        let first = block(bytes)
        if label == 249, let first {
            guard first.count >= 3, bytes[first.lowerBound] & 1 == 0 || first.count >= 4 else {
                throw ImageError(.invalid, "GIF: a graphic control that is too short")
            }
            if bytes[first.lowerBound] & 1 != 0 { background = bytes[first.lowerBound + 3] }
        }
        // Of a comment without text nothing more is read.
        if label == 254, first == nil { return }
        while block(bytes) != nil {}
    }

    private mutating func readFrame(
        _ bytes: Span<UInt8>
    ) throws(ImageError) -> (colors: [UInt8]?, isThere: Bool) {
        guard position <= bytes.count - 9 else { throw Self.truncated }
        frame = PixelRegion(
            x: Self.integer(bytes, at: position), y: Self.integer(bytes, at: position + 2),
            width: Self.integer(bytes, at: position + 4),
            height: Self.integer(bytes, at: position + 6))
        let flags = bytes[position + 8]
        position += 9
        isInterlaced = flags & 64 != 0
        let palette = flags & 128 != 0 ? readPalette(bytes, flags) : (nil, false)
        guard position < bytes.count else { throw Self.truncated }
        symbolBits = Int(bytes[position])
        dataStart = position + 1
        return palette
    }
}
#endif
