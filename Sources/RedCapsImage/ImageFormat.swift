/// A format of image files. It is told by a file's first bytes, never by its name.
public enum ImageFormat: String, Sendable, Hashable, CaseIterable {
    /// Baseline and progressive JPEG.
    case jpeg = "JPEG"
    /// PNG, and the first frame of an APNG.
    case png = "PNG"
    /// WebP, lossy and lossless, and the first frame of an animation.
    case webP = "WebP"
    /// The first frame of a GIF.
    case gif = "GIF"

    /// Whether this build decodes the format: JPEG always, the others with the package's trait of
    /// that name.
    public var isDecoded: Bool {
        switch self {
        case .jpeg: true
        case .png:
            #if PNG
            true
            #else
            false
            #endif
        case .webP:
            #if WebP
            true
            #else
            false
            #endif
        case .gif:
            #if GIF
            true
            #else
            false
            #endif
        }
    }

    /// Tells a file's format.
    /// - Throws: `ImageError` with `unknownFormat`, which names the format if it is a known one.
    public init(of bytes: Span<UInt8>) throws(ImageError) {
        guard bytes.count > 0 else { throw ImageError(.truncated, "the file is empty") }
        // The commonest one, without making an array.
        if bytes.count >= 3, bytes[0] == 0xFF, bytes[1] == 0xD8, bytes[2] == 0xFF {
            self = .jpeg
        } else if Self.begins(bytes, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if Self.begins(bytes, "RIFF"), Self.has(bytes, "WEBP", at: 8) {
            self = .webP
        } else if Self.begins(bytes, "GIF87a") || Self.begins(bytes, "GIF89a") {
            self = .gif
        } else {
            let decoded = Self.allCases.filter(\.isDecoded).map(\.rawValue)
                .joined(separator: ", ")
            throw ImageError(
                .unknownFormat,
                Self.otherName(bytes).map { "\($0) isn't decoded, only \(decoded)" }
                    ?? "no image that is decoded (\(decoded)): it begins with \(Self.hex(bytes))")
        }
    }

    /// The name of a format that is told from, but not decoded.
    private static func otherName(_ bytes: Span<UInt8>) -> String? {
        if has(bytes, "ftyp", at: 4) {
            if ["avif", "avis"].contains(where: { has(bytes, $0, at: 8) }) { return "AVIF" }
            let heif = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]
            return heif.contains { has(bytes, $0, at: 8) } ? "HEIF" : "a video (MP4 or QuickTime)"
        }
        return others.first { begins(bytes, $0.first) }?.name
    }

    private static let others: [(first: [UInt8], name: String)] = [
        (Array("BM".utf8), "BMP"),
        ([0x49, 0x49, 0x2A, 0], "TIFF"), ([0x4D, 0x4D, 0, 0x2A], "TIFF"),
        ([0x49, 0x49, 0x2B, 0], "BigTIFF"), ([0x4D, 0x4D, 0, 0x2B], "BigTIFF"),
        ([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20], "JPEG 2000"),
        ([0xFF, 0x4F, 0xFF, 0x51], "JPEG 2000"),
        ([0xFF, 0x0A], "JPEG XL"), ([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20], "JPEG XL"),
        (Array("8BPS".utf8), "PSD"), (Array("qoif".utf8), "QOI"), (Array("%PDF".utf8), "PDF"),
        ([0, 0, 1, 0], "ICO"), (Array("DDS ".utf8), "DDS"),
        (Array("P1".utf8), "PBM"), (Array("P2".utf8), "PGM"), (Array("P3".utf8), "PPM"),
        (Array("P4".utf8), "PBM"), (Array("P5".utf8), "PGM"), (Array("P6".utf8), "PPM"),
        (Array("<".utf8), "text (HTML, SVG or XML)"), (Array("{".utf8), "text (JSON)"),
        ([0x1F, 0x8B], "gzip"), (Array("PK".utf8), "ZIP"),
        ([0xFF, 0xD8], "a JPEG without a third FF"),
    ]

    private static func begins(_ bytes: Span<UInt8>, _ first: [UInt8], at offset: Int = 0) -> Bool {
        guard bytes.count >= offset + first.count else { return false }
        return first.indices.allSatisfy { bytes[offset + $0] == first[$0] }
    }

    private static func begins(_ bytes: Span<UInt8>, _ text: String) -> Bool {
        begins(bytes, Array(text.utf8))
    }

    private static func has(_ bytes: Span<UInt8>, _ text: String, at offset: Int) -> Bool {
        begins(bytes, Array(text.utf8), at: offset)
    }

    private static func hex(_ bytes: Span<UInt8>) -> String {
        (0..<min(4, bytes.count)).map { index in
            (bytes[index] < 16 ? "0" : "") + String(bytes[index], radix: 16, uppercase: true)
        }.joined(separator: " ")
    }
}
