/// Takes a JPEG's metadata out without decoding it.
enum JPEGSegments {
    /// The same file without EXIF, XMP and IPTC data and comments, or without its ICC profile.
    /// - Parameter bytes: A file that was decoded.
    static func stripped(
        _ bytes: Span<UInt8>, keepsMetadata: Bool, keepsProfile: Bool
    ) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        func copy(_ range: Range<Int>) {
            unsafe bytes.extracting(range).withUnsafeBufferPointer {
                unsafe out.append(contentsOf: $0)
            }
        }
        var position = 2
        copy(0..<2)
        while position + 4 <= bytes.count {
            let marker = bytes[position + 1]
            // The pixels.
            if bytes[position] == 0xFF, marker == 0xDA { break }
            // What libjpeg passes over: bytes that are no marker, filling, and markers without a length.
            guard bytes[position] == 0xFF, marker >= 0xC0, marker != 0xFF,
                !(0xD0...0xD9).contains(marker)
            else {
                position += 1
                continue
            }
            let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
            let end = min(bytes.count, position + 2 + max(2, length))
            let isProfile = marker == 0xE2 && begins(bytes, position + 4, "ICC_PROFILE\0")
            let stays =
                switch marker {
                // JFIF and Adobe tell how to read the pixels.
                case 0xE0, 0xEE: true
                case 0xE2 where isProfile: keepsProfile
                case 0xE1...0xEF, 0xFE: keepsMetadata
                default: true
                }
            if stays { copy(position..<end) }
            position = end
        }
        copy(position..<bytes.count)
        return out
    }

    private static func begins(_ bytes: Span<UInt8>, _ start: Int, _ text: StaticString) -> Bool {
        guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy {
            unsafe bytes[start + $0] == text.utf8Start[$0]
        }
    }
}
