#if PNG
/// A PNG's chunks as Pillow reads them, which tells what it refuses.
///
/// Source: Pillow 13's `PngImagePlugin`, whose behaviour this follows step by step: checksums count
/// up to the first data chunk only, chunks may be in any order, of several headers the last counts.
struct PNGChunks {
    /// What a mode of Pillow says about the pixels.
    struct Kind: Equatable {
        let bitDepth: Int
        let colorType: Int

        /// `nil` for a pair that PNG hasn't.
        init?(bitDepth: UInt8, colorType: UInt8) {
            let depths: [UInt8] =
                switch colorType {
                case 0: [1, 2, 4, 8, 16]
                case 2, 4, 6: [8, 16]
                case 3: [1, 2, 4, 8]
                default: []
                }
            guard depths.contains(bitDepth) else { return nil }
            (self.bitDepth, self.colorType) = (Int(bitDepth), Int(colorType))
        }

        var hasPalette: Bool { colorType == 3 }
        /// Stored components.
        var componentCount: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1 }
        /// Bits of a pixel.
        var bits: Int { bitDepth * componentCount }
    }

    /// A chunk's place.
    struct Chunk {
        let name: UInt32
        /// Where its data begin.
        let start: Int
        /// How long it says it is; the file may be shorter.
        let length: Int
    }

    private(set) var width = 0
    private(set) var height = 0
    private(set) var kind: Kind?
    private(set) var isInterlaced = false
    private(set) var palette: [UInt8]?
    /// The part of an APNG that the first frame covers.
    private(set) var frame: PixelRegion?
    /// The first chunk of data.
    private(set) var data: Chunk?
    private(set) var metadata = ImageMetadata()
    var orientation: ImageOrientation {
        ImageOrientation(ExifDirectory(metadata.exif), xmp: metadata.xmp)
    }

    // What text and profiles have told so far.
    var exif: [UInt8]?
    var rawProfile: [UInt8] = []
    /// The XMP packet of a text chunk of any kind, and that of an iTXt which needn't be UTF-8: it counts
    /// where the other is empty.
    var xmp: [UInt8] = []
    var internationalXMP: [UInt8] = []
    var profile: [UInt8] = []
    var textBytes = 0
    private var frameCount: Int?
    private var hasDefaultImage = false
    private var sequence: Int?

    /// Reads the chunks up to the data.
    init(_ bytes: Span<UInt8>) throws(ImageError) {
        var position = 8
        while data == nil {
            guard let chunk = Self.chunk(bytes, at: position) else {
                throw ImageError(.invalid, "PNG: no chunk at byte \(position)")
            }
            switch chunk.name {
            case Name.data:
                hasDefaultImage = frameCount != nil && frame == nil
                data = chunk
            case Name.frameData:
                data = try frameData(bytes, chunk)
            case Name.end:
                throw ImageError(.invalid, "PNG: no image data")
            default:
                try read(bytes, chunk)
                try Self.checkSum(bytes, chunk)
                position = chunk.start + chunk.length + 4
            }
        }
        guard let kind else {
            throw ImageError(.invalid, "PNG: no header with a bit depth and a colour type of PNG")
        }
        guard width > 0, height > 0 else {
            throw ImageError(.invalid, "PNG: \(width)×\(height) pixels")
        }
        if kind.hasPalette, let palette, palette.count / 3 > 256 {
            throw ImageError(.invalid, "PNG: a palette of \(palette.count / 3) colours")
        }
        if let frame, frame.width == 0 || frame.height == 0 {
            throw ImageError(.invalid, "PNG: an empty frame")
        }
        metadata = metadata(after: bytes)
    }

    /// The chunk of data that Pillow goes on with when one is used up.
    /// - Returns: `nil` if another chunk follows, which ends the data.
    mutating func data(_ bytes: Span<UInt8>, after chunk: Chunk) throws(ImageError) -> Chunk? {
        guard let next = Self.chunk(bytes, at: chunk.start + chunk.length + 4) else {
            throw ImageError(.truncated, "PNG: the file ends before the image does")
        }
        switch next.name {
        case Name.data, Name.otherData: return next
        case Name.frameData: return try frameData(bytes, next)
        default: return nil
        }
    }

    /// Reads what follows the data.
    /// - Parameter chunk: The chunk of data that the image ended in.
    mutating func finish(_ bytes: Span<UInt8>, after chunk: Chunk) throws(ImageError) {
        var position = chunk.start + chunk.length + 4
        while let chunk = Self.chunk(bytes, at: position), chunk.name != Name.end {
            if chunk.name == Name.frameControl, isAnimated { return }
            switch chunk.name {
            case Name.data: _ = try Self.body(bytes, chunk)
            case Name.frameData: _ = try Self.body(bytes, try frameData(bytes, chunk))
            default: try read(bytes, chunk)
            }
            position = chunk.start + chunk.length + 4
        }
    }

    private var isAnimated: Bool { (frameCount ?? 1) + (hasDefaultImage ? 1 : 0) > 1 }

    /// The metadata, which may come after the data as well.
    private func metadata(after bytes: Span<UInt8>) -> ImageMetadata {
        var chunks = self
        if let data { try? chunks.finish(bytes, after: data) }
        let exif = chunks.exif ?? Self.bytes(ofRawProfile: chunks.rawProfile)
        return ImageMetadata(
            exif: ExifDirectory.withoutName(exif),
            xmp: chunks.xmp.isEmpty ? chunks.internationalXMP : chunks.xmp, profile: chunks.profile)
    }
}

/// The chunks' names.
private enum Name {
    static let header = code("IHDR")
    static let palette = code("PLTE")
    static let transparency = code("tRNS")
    static let data = code("IDAT")
    static let otherData = code("DDAT")
    static let end = code("IEND")
    static let gamma = code("gAMA")
    static let chromaticities = code("cHRM")
    static let standardColors = code("sRGB")
    static let physicalSize = code("pHYs")
    static let profile = code("iCCP")
    static let text = code("tEXt")
    static let compressedText = code("zTXt")
    static let internationalText = code("iTXt")
    static let exif = code("eXIf")
    static let animationControl = code("acTL")
    static let frameControl = code("fcTL")
    static let frameData = code("fdAT")

    static func code(_ name: StaticString) -> UInt32 {
        (0..<4).reduce(0) { unsafe $0 << 8 | UInt32(name.utf8Start[$1]) }
    }
}

// Chunk by chunk.
extension PNGChunks {
    /// The chunk that begins there, or `nil` if the file ends or it has no proper name.
    private static func chunk(_ bytes: Span<UInt8>, at position: Int) -> Chunk? {
        guard position >= 0, position <= bytes.count - 8 else { return nil }
        let name = integer(bytes, at: position + 4)
        let isNamed = (0..<4).allSatisfy { index in
            let letter = UInt8(truncatingIfNeeded: name >> (8 * index))
            return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(letter)
                || letter == UInt8(ascii: "_")
        }
        guard isNamed else { return nil }
        return Chunk(name: name, start: position + 8, length: Int(integer(bytes, at: position)))
    }

    private static func integer(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[offset + $1]) }
    }

    /// The chunk's data, all of which must be there.
    private static func body(
        _ bytes: Span<UInt8>, _ chunk: Chunk
    ) throws(ImageError) -> Range<Int> {
        guard chunk.length <= bytes.count - chunk.start else {
            throw ImageError(
                .truncated, "PNG: the file ends inside the chunk at \(chunk.start - 8)")
        }
        return chunk.start..<(chunk.start + chunk.length)
    }

    private static func checkSum(_ bytes: Span<UInt8>, _ chunk: Chunk) throws(ImageError) {
        let end = chunk.start + chunk.length
        guard end <= bytes.count - 4 else {
            throw ImageError(.truncated, "PNG: the file ends in a checksum")
        }
        guard
            Zlib.crc32(bytes.extracting((chunk.start - 4)..<end)) == integer(bytes, at: end)
        else {
            throw ImageError(.invalid, "PNG: wrong checksum of the chunk at \(chunk.start - 8)")
        }
    }

    /// Reads a chunk that isn't data.
    private mutating func read(_ bytes: Span<UInt8>, _ chunk: Chunk) throws(ImageError) {
        let range = try Self.body(bytes, chunk)
        let body = bytes.extracting(range)
        let least: Int
        switch chunk.name {
        case Name.header: least = 13
        case Name.transparency: least = shortestTransparency
        case Name.gamma: least = 4
        case Name.chromaticities: least = 32
        case Name.standardColors: least = 1
        case Name.physicalSize: least = 9
        case Name.animationControl: least = 8
        case Name.frameControl: least = 26
        default: least = 0
        }
        guard body.count >= least else {
            throw ImageError(.invalid, "PNG: the chunk at \(chunk.start - 8) is too short")
        }
        switch chunk.name {
        case Name.header: try readHeader(body)
        case Name.palette:
            if kind?.hasPalette ?? false { palette = Self.array(body) }
        case Name.profile: try readProfile(body)
        case Name.text: try readText(body)
        case Name.compressedText: try readCompressedText(body)
        case Name.internationalText: try readInternationalText(body)
        case Name.exif: exif = Self.array(body)
        case Name.animationControl:
            let count = Int(Self.integer(body, at: 0))
            if frameCount != nil {
                frameCount = nil
            } else if count > 0, count <= 0x8000_0000 {
                frameCount = count
            }
        case Name.frameControl: try readFrameControl(body)
        default: break
        }
    }

    private mutating func readHeader(_ body: Span<UInt8>) throws(ImageError) {
        width = Int(Self.integer(body, at: 0))
        height = Int(Self.integer(body, at: 4))
        kind = Kind(bitDepth: body[8], colorType: body[9]) ?? kind
        if body[12] != 0 { isInterlaced = true }
        guard body[11] == 0 else {
            throw ImageError(.invalid, "PNG: unknown filter method \(body[11])")
        }
    }

    /// What Pillow demands of transparency, which it ignores otherwise.
    private var shortestTransparency: Int {
        switch kind?.colorType {
        case 0: 2
        case 2: 6
        default: 0
        }
    }

    private mutating func readFrameControl(_ body: Span<UInt8>) throws(ImageError) {
        try advance(to: Int(Self.integer(body, at: 0)))
        let region = PixelRegion(
            x: Int(Self.integer(body, at: 12)), y: Int(Self.integer(body, at: 16)),
            width: Int(Self.integer(body, at: 4)), height: Int(Self.integer(body, at: 8)))
        guard region.x + region.width <= width, region.y + region.height <= height else {
            throw ImageError(.invalid, "PNG: a frame that lies outside the image")
        }
        // After the data it is another frame's.
        if data == nil { frame = region }
    }

    /// What a chunk of a frame holds after its number.
    private mutating func frameData(
        _ bytes: Span<UInt8>, _ chunk: Chunk
    ) throws(ImageError) -> Chunk {
        guard chunk.length >= 4, chunk.start <= bytes.count - 4 else {
            throw ImageError(.invalid, "PNG: the chunk at \(chunk.start - 8) is too short")
        }
        guard sequence != nil else {
            throw ImageError(.invalid, "PNG: a frame's data before the frame")
        }
        try advance(to: Int(Self.integer(bytes, at: chunk.start)))
        return Chunk(name: chunk.name, start: chunk.start + 4, length: chunk.length - 4)
    }

    private mutating func advance(to number: Int) throws(ImageError) {
        guard number == sequence.map({ $0 + 1 }) ?? 0 else {
            throw ImageError(.invalid, "PNG: frames out of order")
        }
        sequence = number
    }

    static func array(_ body: Span<UInt8>) -> [UInt8] {
        unsafe body.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
#endif
