/// The first directory of EXIF data, read as Pillow reads it.
struct ExifDirectory {
    /// An entry whose value is there.
    struct Entry {
        let tag: Int
        let type: Int
        let count: Int
        /// Where its value lies.
        let offset: Int
        /// Where it lies itself.
        let place: Int
    }

    /// Bytes per value of the TIFF types that Pillow knows.
    private static let valueSizes = [
        1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
    ]

    /// The entries, one for a tag, up to the first whose value isn't there.
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
        // Of equal tags the first counts. Tags ascend, as a rule: only of others it is noted which there are.
        var (highestTag, tags) = (-1, Set<Int>?.none)
        var valueBytes = 0
        for number in 0..<entryCount {
            let entry = directory + 2 + 12 * number
            guard let tag = integer(at: entry, bytes: 2),
                let type = integer(at: entry + 2, bytes: 2),
                let count = integer(at: entry + 4, bytes: 4),
                let offset = integer(at: entry + 8, bytes: 4)
            else { break }
            if tag <= highestTag {
                if tags == nil { tags = Set(entries.map(\.tag)) }
                if tags?.contains(tag) ?? false { continue }
            }
            guard let valueSize = Self.valueSizes[type], count > 0 else { continue }
            let size = valueSize * count
            if size > 4 {
                valueBytes += size
                guard valueBytes <= exif.count else { continue }
                if offset > exif.count - size { break }
            }
            entries.append(
                Entry(
                    tag: tag, type: type, count: count, offset: size > 4 ? offset : entry + 8,
                    place: entry))
            tags?.insert(tag)
            highestTag = max(highestTag, tag)
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
    /// not a single byte, and not a text of no character or of one digit.
    /// Source: Pillow 13's `_read_dpi_from_exif`.
    var hasBadResolution: Bool {
        let (xResolution, resolutionUnit) = (0x011A, 0x0128)
        guard entries.contains(where: { $0.tag == resolutionUnit }),
            let resolution = entries.first(where: { $0.tag == xResolution })
        else { return false }
        switch resolution.type {
        case 1, 7: return resolution.count == 1
        case 2:
            // One NUL at the end isn't part of the text.
            let last = integer(at: resolution.offset + resolution.count - 1, bytes: 1)
            let length = resolution.count - (last == 0 ? 1 : 0)
            guard length == 1 else { return length == 0 }
            let first = integer(at: resolution.offset, bytes: 1) ?? 0
            return (0x30...0x39).contains(first)
        default: return false
        }
    }

    /// The orientation, the first of several; 0 if it isn't told by a whole number, `nil` if it isn't
    /// told.
    var orientation: Int? {
        guard let entry = entries.first(where: { $0.tag == Self.orientationTag }) else {
            return nil
        }
        func number(_ bytes: Int, after start: Int = 0) -> Int? {
            integer(at: entry.offset + start, bytes: bytes)
        }
        switch entry.type {
        case 3, 8: return number(2)
        case 4, 9, 13: return number(4)
        case 6: return number(1)
        case 16: return number(8)
        case 5, 10:
            guard var numerator = number(4), var denominator = number(4, after: 4) else { return 0 }
            if entry.type == 10 {
                numerator = Int(Int32(truncatingIfNeeded: numerator))
                denominator = Int(Int32(truncatingIfNeeded: denominator))
            }
            guard denominator != 0, numerator % denominator == 0 else { return 0 }
            return numerator / denominator
        case 11:
            let bits = UInt32(truncatingIfNeeded: number(4) ?? 0)
            return Int(exactly: Float(bitPattern: bits)) ?? 0
        case 12:
            let bits = UInt64(truncatingIfNeeded: number(8) ?? 0)
            return Int(exactly: Double(bitPattern: bits)) ?? 0
        default: return 0
        }
    }

    private static let orientationTag = 0x0112

    /// Sets the orientation, if one is told.
    static func setOrientation(_ exif: inout [UInt8], to orientation: ImageOrientation) {
        guard let directory = ExifDirectory(exif),
            let entry = directory.entries.first(where: { $0.tag == orientationTag })
        else { return }
        // Whatever it was, it becomes a short number.
        func store(_ value: UInt8, at place: Int, bytes count: Int) {
            for index in 0..<count { exif[entry.place + place + index] = 0 }
            exif[entry.place + place + (directory.isLittleEndian ? 0 : count - 1)] = value
        }
        store(3, at: 2, bytes: 2)
        store(1, at: 4, bytes: 4)
        store(0, at: 8, bytes: 4)
        store(UInt8(orientation.rawValue), at: 8, bytes: 2)
    }
}
