#if PNG
// Text and profiles, which metadata lie in. Pillow refuses what would take more than a mebibyte when it is inflated.
extension PNGChunks {
    private static let longestText = 1 << 20
    private static let mostText = 64 << 20

    mutating func readProfile(_ body: Span<UInt8>) throws(ImageError) {
        let name = Self.array(body).firstIndex(of: 0) ?? -1
        guard name + 1 < body.count, body[name + 1] == 0 else {
            throw ImageError(.invalid, "PNG: a colour profile of an unknown compression")
        }
        profile = try Self.inflated(body.extracting((name + 2)...)) ?? []
    }

    mutating func readText(_ body: Span<UInt8>) throws(ImageError) {
        let (key, value) = Self.split(Self.array(body)[...]) ?? (Self.array(body)[...], [])
        if key.elementsEqual("exif".utf8) { exif = Array(value) }
        try noteLatin(key, value)
    }

    mutating func readCompressedText(_ body: Span<UInt8>) throws(ImageError) {
        let (key, value) = Self.split(Self.array(body)[...]) ?? (Self.array(body)[...], [])
        guard value.first ?? 0 == 0 else {
            throw ImageError(.invalid, "PNG: text of an unknown compression")
        }
        let text = Array(value.dropFirst())
        let inflated = try Self.inflated(text.span) ?? []
        try noteLatin(key, inflated[...])
    }

    mutating func readInternationalText(_ body: Span<UInt8>) throws(ImageError) {
        guard let (key, rest) = Self.split(Self.array(body)[...]), rest.count >= 2,
            let (language, more) = Self.split(rest.dropFirst(2)),
            let (translated, value) = Self.split(more)
        else { return }
        var text = Array(value)
        if rest[rest.startIndex] != 0 {
            guard rest[rest.startIndex + 1] == 0, let inflated = try Self.inflated(text.span)
            else { return }
            text = inflated
        }
        if key.elementsEqual("XML:com.adobe.xmp".utf8) { internationalXMP = text }
        guard String(validating: language, as: UTF8.self) != nil,
            String(validating: translated, as: UTF8.self) != nil,
            let words = String(validating: text, as: UTF8.self)
        else { return }
        try note(key, text, length: words.unicodeScalars.count)
    }

    /// Notes a text in Latin-1.
    private mutating func noteLatin(
        _ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>
    ) throws(ImageError) {
        guard !key.isEmpty else { return }
        try note(key, Array(value), length: value.count)
        if !xmp.isEmpty, key.elementsEqual("XML:com.adobe.xmp".utf8) {
            xmp = value.flatMap { Array(String(UnicodeScalar($0)).utf8) }
        }
    }

    /// - Parameter length: The text's, in characters.
    private mutating func note(
        _ key: ArraySlice<UInt8>, _ value: [UInt8], length: Int
    ) throws(ImageError) {
        if key.elementsEqual("Raw profile type exif".utf8) { rawProfile = value }
        if key.elementsEqual("XML:com.adobe.xmp".utf8) { xmp = value }
        try count(length)
    }

    private mutating func count(_ length: Int) throws(ImageError) {
        textBytes += length
        guard textBytes <= Self.mostText else {
            throw ImageError(.invalid, "PNG: more than 64 MiB of text")
        }
    }

    private static func split(
        _ bytes: ArraySlice<UInt8>
    ) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        guard let zero = bytes.firstIndex(of: 0) else { return nil }
        return (bytes[..<zero], bytes[(zero + 1)...])
    }

    /// - Returns: `nil` for what is no stream of zlib, which Pillow forgives.
    private static func inflated(_ body: Span<UInt8>) throws(ImageError) -> [UInt8]? {
        switch Zlib.inflate(body, atMost: longestText) {
        case .bytes(let bytes, _): return bytes
        case .broken: return nil
        case .tooLong:
            throw ImageError(.invalid, "PNG: text or a profile of more than a mebibyte")
        }
    }

    /// ImageMagick writes metadata as text: three lines, then hexadecimal digits, two a byte, with white
    /// space between the bytes.
    /// - Returns: Nothing for text that is no such thing.
    static func bytes(ofRawProfile text: [UInt8]) -> [UInt8] {
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        var first: UInt8?
        for character in lines.dropFirst(3).joined() {
            if first == nil, character == 0x20 || (0x09...0x0D).contains(character) { continue }
            guard let digit = Character(UnicodeScalar(character)).hexDigitValue else { return [] }
            if let high = first {
                bytes.append(high << 4 | UInt8(digit))
                first = nil
            } else {
                first = UInt8(digit)
            }
        }
        return first == nil ? bytes : []
    }
}
#endif
