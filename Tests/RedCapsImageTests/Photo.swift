import RedCapsImage
import TestSupport

/// The committed JPEGs, and what Pillow makes of them.
enum Photo {
    struct Golden: Decodable {
        struct Square: Decodable {
            let offset: Int
            let size: Int
            let sha256: String
        }

        let width: Int
        let height: Int
        let sha256: String
        let squares: [Square]
    }

    struct Damaged: Decodable {
        /// Pixels of files with missing scans, in hexadecimal.
        let missing: [String: String]
        /// For each length that a file is cut at, "." if it is accepted and "X" if not.
        let cuts: [String: String]
        /// For each changed byte, the beginning of the pixels' hash or nil.
        let damaged: [String: [String?]]
    }

    /// Files with missing scans are compared with a tolerance.
    static let exceptions: Set<String> = [
        "missing_scans_dc", "missing_scans_eoi", "missing_scans_first", "missing_scans_luma",
    ]

    static let golden: [String: Golden?] =
        (try? Fixture.decode([String: Golden?].self, from: "jpegs.json")) ?? [:]
    static let compared = golden.keys.filter { !exceptions.contains($0) }.sorted()
    static let accepted = compared.filter { golden[$0]?.map(\.width) != nil }

    static func bytes(_ name: String) throws -> [UInt8] {
        try Fixture.bytes("jpegs/\(name).jpg")
    }

    static func damaged() throws -> Damaged { try Fixture.decode(from: "jpegs_damaged.json") }
}

/// The generator that the fixtures' scripts have, too.
struct Congruential {
    private(set) var state: UInt32

    init(_ state: UInt32) { self.state = state }

    mutating func next() -> UInt32 {
        state = state &* 1_664_525 &+ 1_013_904_223
        return state
    }
}

/// Changes one byte, as the fixtures' scripts do.
func damaged(_ bytes: [UInt8], _ state: UInt32) -> [UInt8] {
    var damaged = bytes
    let position = Int(state >> 8) % bytes.count
    if state & 0x80 != 0 {
        damaged[position] = UInt8(state & 0xFF)
    } else {
        damaged[position] ^= 1 << UInt8(state & 7)
    }
    return damaged
}

/// Decodes an image, or gives `nil` if it is refused.
func decoded(_ bytes: [UInt8], with decoder: ImageDecoder) -> PixelBuffer? {
    try? decoder.decode(bytes.span)
}

/// The bytes that an image has inside a rectangle.
func cropped(_ image: PixelBuffer, _ region: PixelRegion) -> [UInt8] {
    (region.y..<(region.y + region.height)).flatMap { y in
        let start = (y * image.width + region.x) * 3
        return image.pixels[start..<(start + region.width * 3)]
    }
}
