/// The first directory of EXIF data, read as Pillow reads it.
struct ExifDirectory {
    /// An entry whose value is there.
    struct Entry {
        let tag: Int
        let type: Int
        let count: Int
        /// Where its value lies.
        let offset: Int
    }

    /// Bytes per value of the TIFF types that Pillow knows.
    private static let valueSizes = [
        1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
    ]

    /// The entries, up to the first whose value isn't there.
    private(set) var entries: [Entry] = []
    private let exif: [UInt8]
    private let isLittleEndian: Bool

    /// - Parameter exif: What follows `Exif\0\0`; empty if there is none.
    /// - Returns: `nil` for what is no directory.
    init?(_ exif: [UInt8]) {
        guard exif.count >= 8 else { return nil }
        switch (exif[0], exif[1], exif[2], exif[3]) {
        case (0x49, 0x49, 0x2A, 0), (0x49, 0x49, 0, 0x2A): isLittleEndian = true
        case (0x4D, 0x4D, 0, 0x2A), (0x4D, 0x4D, 0x2A, 0): isLittleEndian = false
        default: return nil
        }
        self.exif = exif
        guard let directory = integer(at: 4, bytes: 4),
            let entryCount = integer(at: directory, bytes: 2)
        else { return nil }
        for number in 0..<entryCount {
            let entry = directory + 2 + 12 * number
            guard let tag = integer(at: entry, bytes: 2),
                let type = integer(at: entry + 2, bytes: 2),
                let count = integer(at: entry + 4, bytes: 4),
                let offset = integer(at: entry + 8, bytes: 4)
            else { break }
            guard let valueSize = Self.valueSizes[type], count > 0 else { continue }
            let isInline = valueSize * count <= 4
            if !isInline, offset > exif.count - valueSize * count { break }
            entries.append(
                Entry(tag: tag, type: type, count: count, offset: isInline ? entry + 8 : offset))
        }
    }

    /// EXIF data as PNG and WebP store them: with the name in front or without.
    static func withoutName(_ exif: [UInt8]) -> [UInt8] {
        let name = Array("Exif\0\0".utf8)
        var exif = exif[...]
        while exif.starts(with: name) { exif = exif.dropFirst(name.count) }
        return Array(exif)
    }

    private func integer(at offset: Int, bytes count: Int) -> Int? {
        guard offset >= 0, offset <= exif.count - count else { return nil }
        let bytes = exif[offset..<(offset + count)]
        return isLittleEndian
            ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
            : bytes.reduce(0) { $0 << 8 | Int($1) }
    }
}

extension ExifDirectory {
    /// Whether the data make Pillow refuse a JPEG whose resolution no JFIF segment tells: it divides
    /// the first two elements of XResolution then, and forgives nonsense of every kind there, but
    /// not a value of one single byte.
    /// Source: Pillow 13's behaviour, observed file by file.
    var hasBadResolution: Bool {
        let (xResolution, resolutionUnit) = (0x011A, 0x0128)
        guard entries.contains(where: { $0.tag == resolutionUnit }),
            let resolution = entries.first(where: { $0.tag == xResolution })
        else { return false }
        return resolution.count == 1 && (resolution.type == 1 || resolution.type == 7)
    }

    /// The orientation; 0 if it isn't told by a whole number, `nil` if it isn't told.
    var orientation: Int? {
        guard let entry = entries.last(where: { $0.tag == 0x0112 }) else { return nil }
        guard entry.count == 1 else { return 0 }
        switch entry.type {
        case 3, 8: return integer(at: entry.offset, bytes: 2)
        case 4, 9: return integer(at: entry.offset, bytes: 4)
        case 6: return integer(at: entry.offset, bytes: 1)
        default: return 0
        }
    }

    /// Sets every orientation that there is to upright.
    static func resetOrientation(_ exif: inout [UInt8]) {
        guard let directory = ExifDirectory(exif) else { return }
        for entry in directory.entries where entry.tag == 0x0112 {
            let size = [3: 2, 8: 2, 4: 4, 9: 4, 6: 1, 1: 1][entry.type] ?? 0
            guard size > 0, entry.offset + size <= exif.count else { continue }
            for place in 0..<size { exif[entry.offset + place] = 0 }
            exif[entry.offset + (directory.isLittleEndian ? 0 : size - 1)] = 1
        }
    }
}
