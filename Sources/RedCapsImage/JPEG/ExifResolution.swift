/// The one entry of EXIF data that makes Pillow refuse a JPEG.
///
/// When no JFIF segment tells the resolution, Pillow divides the first two elements of XResolution.
/// It forgives nonsense of every kind there, but not a value of one single byte.
/// Source: Pillow 13's behaviour, observed file by file.
enum ExifResolution {
    private static let xResolution = 0x011A
    private static let resolutionUnit = 0x0128
    /// Bytes per value of the TIFF types that Pillow knows.
    private static let valueSizes = [
        1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
    ]

    /// - Parameter exif: What follows `Exif\0\0`; empty if there is none.
    static func isRefused(_ exif: [UInt8]) -> Bool {
        guard exif.count >= 8 else { return false }
        let isLittleEndian: Bool
        switch (exif[0], exif[1], exif[2], exif[3]) {
        case (0x49, 0x49, 0x2A, 0), (0x49, 0x49, 0, 0x2A): isLittleEndian = true
        case (0x4D, 0x4D, 0, 0x2A), (0x4D, 0x4D, 0x2A, 0): isLittleEndian = false
        default: return false
        }
        func integer(at offset: Int, bytes count: Int) -> Int? {
            guard offset >= 0, offset <= exif.count - count else { return nil }
            let bytes = exif[offset..<(offset + count)]
            return isLittleEndian
                ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
                : bytes.reduce(0) { $0 << 8 | Int($1) }
        }

        guard let directory = integer(at: 4, bytes: 4),
            let entryCount = integer(at: directory, bytes: 2)
        else { return false }
        var hasUnit = false
        var isSingleByte: Bool?
        for number in 0..<entryCount {
            let entry = directory + 2 + 12 * number
            guard let tag = integer(at: entry, bytes: 2),
                let type = integer(at: entry + 2, bytes: 2),
                let count = integer(at: entry + 4, bytes: 4),
                let offset = integer(at: entry + 8, bytes: 4)
            else { break }
            guard let valueSize = valueSizes[type], count > 0 else { continue }
            if valueSize * count > 4, offset > exif.count - valueSize * count { break }
            switch tag {
            case resolutionUnit: hasUnit = true
            case xResolution where isSingleByte == nil:
                isSingleByte = count == 1 && (type == 1 || type == 7)
            default: break
            }
        }
        return hasUnit && isSingleByte == true
    }
}
