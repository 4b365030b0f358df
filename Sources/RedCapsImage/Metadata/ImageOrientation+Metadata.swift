extension ImageOrientation {
    /// What a file's metadata say, read as Pillow reads them.
    /// - Parameters:
    ///   - directory: That of the EXIF data.
    ///   - xmp: The XMP packet, where Pillow looks if the EXIF data don't tell.
    init(_ directory: ExifDirectory?, xmp: [UInt8]) {
        let value = directory?.orientation ?? Self.value(inXMP: xmp)
        self = value.flatMap { ImageOrientation(rawValue: $0) } ?? .upright
    }

    /// - Parameter exif: EXIF data as PNG and WebP store them, with or without the name in front.
    init(exif: [UInt8], xmp: [UInt8]) {
        self.init(ExifDirectory(ExifDirectory.withoutName(exif)), xmp: xmp)
    }

    /// The digit after `tiff:Orientation="` or `tiff:Orientation>`.
    private static func value(inXMP xmp: [UInt8]) -> Int? {
        guard !xmp.isEmpty else { return nil }
        let name = Array("tiff:Orientation".utf8)
        guard xmp.count > name.count + 2 else { return nil }
        for start in 0..<(xmp.count - name.count - 1)
        where xmp[start] == name[0] && xmp[start..<(start + name.count)].elementsEqual(name) {
            var place = start + name.count
            if xmp[place] == UInt8(ascii: "="), xmp[place + 1] == UInt8(ascii: "\"") {
                place += 2
            } else if xmp[place] == UInt8(ascii: ">") {
                place += 1
            } else {
                continue
            }
            guard place < xmp.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(xmp[place])
            else { continue }
            return Int(xmp[place] - UInt8(ascii: "0"))
        }
        return nil
    }
}
