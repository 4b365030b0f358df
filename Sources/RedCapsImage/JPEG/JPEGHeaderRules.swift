/// What Pillow demands of a JPEG's header over and above libjpeg.
///
/// Pillow walks the markers up to the first scan by itself before libjpeg sees the file, and some
/// of what libjpeg shrugs off makes it refuse: the rules here are those where the two differ.
/// Source: Pillow 13's behaviour, observed file by file.
struct JPEGHeaderRules {
    /// Whether a JFIF segment told the resolution, so that nobody asks the EXIF data for it.
    private var hasResolution = false
    private var exif: [UInt8] = []
    private var xmp: [UInt8] = []
    /// Of the ICC profile's pieces before the frame header, the sequence number and the count of the
    /// piece that sorts first; -1 where the segment ends before them.
    private var firstPiece: (number: Int, count: Int)?

    /// The segments that hold the ICC profile, as far as they are kept.
    private var pieces: [(number: UInt8, count: UInt8, body: [UInt8])] = []
    private var photoshop: [UInt8] = []
    private var keepsAll = false

    /// The metadata of a file that `check` has accepted.
    static func metadata(_ bytes: Span<UInt8>) throws(ImageError) -> ImageMetadata {
        var rules = JPEGHeaderRules()
        rules.keepsAll = true
        try rules.walk(bytes)
        let pieces = rules.pieces.sorted { $0.number < $1.number }
        // One that isn't whole is none.
        let isWhole = pieces.enumerated().allSatisfy {
            Int($0.element.number) == $0.offset + 1 && Int($0.element.count) == pieces.count
        }
        return ImageMetadata(
            exif: rules.exif, xmp: rules.xmp, profile: isWhole ? pieces.flatMap(\.body) : [],
            photoshop: rules.photoshop)
    }

    /// Reads the markers up to the first scan.
    /// - Returns: How the image is to be turned.
    static func check(_ bytes: Span<UInt8>) throws(ImageError) -> ImageOrientation {
        var rules = JPEGHeaderRules()
        try rules.walk(bytes)
        let directory = ExifDirectory(rules.exif)
        if !rules.hasResolution, directory?.hasBadResolution ?? false {
            throw ImageError(
                .invalid, "JPEG: XResolution in the EXIF data is a single byte, digit or nothing")
        }
        return ImageOrientation(directory, xmp: rules.xmp)
    }

    private mutating func walk(_ bytes: Span<UInt8>) throws(ImageError) {
        var position = 2
        while position + 1 < bytes.count {
            guard bytes[position] == 0xFF else {
                position += 1
                continue
            }
            let marker = bytes[position + 1]
            switch marker {
            case 0xFF:
                position += 1
            case 0x00, 0xD0...0xD9:
                position += 2
            case 0x01...0xBF:
                throw ImageError(
                    .invalid, "JPEG: unknown marker FF \(Self.hex(marker)) in the header")
            case 0xDA:
                return
            default:
                guard position + 3 < bytes.count else { return }  // libjpeg says so better
                let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
                let start = position + 4
                let end = max(start, min(position + 2 + length, bytes.count))
                if isTooShort(marker, bytes.extracting(start..<end)) {
                    throw ImageError(.invalid, "JPEG: segment FF \(Self.hex(marker)) is too short")
                }
                position = end
            }
        }
    }

    /// Whether Pillow reads beyond the end of a segment; notes what it keeps of the others.
    private mutating func isTooShort(_ marker: UInt8, _ body: Span<UInt8>) -> Bool {
        switch marker {
        case 0xE0 where Self.begins(body, "JFIF"):
            if body.count >= 12, body[7] == 1 || body[7] == 2 { hasResolution = true }
            return body.count < 7
        case 0xE1 where Self.begins(body, "Exif\0\0"):
            exif += Self.array(body.extracting(6...))
            return false
        case 0xE1 where Self.begins(body, "http://ns.adobe.com/xap/1.0/\0"):
            xmp = Self.array(body.extracting(29...))
            return false
        case 0xE2 where Self.begins(body, "ICC_PROFILE\0"):
            let piece = (
                number: body.count > 12 ? Int(body[12]) : -1,
                count: body.count > 13 ? Int(body[13]) : -1
            )
            firstPiece = firstPiece.map { $0 < piece ? $0 : piece } ?? piece
            if keepsAll, body.count > 14 {
                pieces.append((body[12], body[13], Self.array(body.extracting(14...))))
            }
            return false
        case 0xED where Self.begins(body, "Photoshop 3.0\0"):
            if keepsAll { photoshop = Self.array(body) }
            return Self.endsInsideResource(body)
        case 0xEE where Self.begins(body, "Adobe"):
            return body.count < 7
        case 0xC0...0xCF where marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
            defer { firstPiece = nil }
            return firstPiece?.count == -1
        default:
            return false
        }
    }

    private static func array(_ body: Span<UInt8>) -> [UInt8] {
        unsafe body.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Whether a Photoshop segment ends where Pillow expects the length of a resource's name.
    private static func endsInsideResource(_ body: Span<UInt8>) -> Bool {
        var offset = 14
        while offset + 4 <= body.count, begins(body.extracting(offset...), "8BIM") {
            offset += 6
            // Pillow forgives an end inside a number, but not one right before the name.
            guard offset <= body.count else { return false }
            guard offset < body.count else { return true }
            offset += 1 + Int(body[offset])
            offset += offset & 1
            guard offset + 4 <= body.count else { return false }
            let size = (0..<4).reduce(0) { $0 << 8 | Int(body[offset + $1]) }
            offset += 4 + size
            offset += offset & 1
        }
        return false
    }

    private static func begins(_ body: Span<UInt8>, _ text: StaticString) -> Bool {
        guard body.count >= text.utf8CodeUnitCount else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { unsafe body[$0] == text.utf8Start[$0] }
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
