/// What Pillow demands of a JPEG's header over and above libjpeg.
///
/// Pillow walks the markers up to the first scan by itself before libjpeg sees the file, and some
/// of what libjpeg shrugs off makes it refuse: the rules here are those where the two differ.
/// Source: Pillow 13's behaviour, observed file by file.
enum JPEGHeaderRules {
    static func check(_ bytes: Span<UInt8>) throws(ImageError) {
        guard bytes.count >= 3, bytes[0] == 0xFF, bytes[1] == 0xD8, bytes[2] == 0xFF else {
            throw ImageError(
                bytes.isEmpty ? .truncated : .unknownFormat,
                bytes.isEmpty ? "the file is empty" : "not a JPEG: it doesn't begin with FF D8 FF")
        }
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
                throw ImageError(.invalid, "JPEG: unknown marker FF \(hex(marker)) in the header")
            case 0xDA:
                return
            default:
                guard position + 3 < bytes.count else { return }  // libjpeg says so better
                let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
                let start = position + 4
                let end = min(position + 2 + max(length, 2), bytes.count)
                try checkSegment(marker, bytes.extracting(start..<max(start, end)))
                position = max(start, end)
            }
        }
    }

    /// Application segments that Pillow reads without looking whether they are long enough.
    private static func checkSegment(_ marker: UInt8, _ body: Span<UInt8>) throws(ImageError) {
        let isTooShort =
            switch marker {
            case 0xE0: begins(body, "JFIF") && body.count < 7
            case 0xE2: begins(body, "ICC_PROFILE\0") && body.count < 14
            case 0xED: begins(body, "Photoshop 3.0\0") && endsInsideResource(body)
            case 0xEE: begins(body, "Adobe") && body.count < 7
            default: false
            }
        if isTooShort {
            throw ImageError(.invalid, "JPEG: application segment FF \(hex(marker)) is too short")
        }
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
