import RedCapsImage
import TestSupport
import Testing

@Suite("JPEGs in which Pillow's blocks of 65,536 bytes matter")
struct JPEGBlockTests {
    /// How a file is made of a small one, and what Pillow makes of it: `make_jpeg_blocks.py` says more.
    private struct Recipe: Decodable {
        let file: String
        let lead: Int
        let drop: Int
        let fill: Int
        let rest: String
        let zeros: Int
        let changes: [[Int]]
        let pixels: String?

        func bytes() throws -> [UInt8] {
            let original = try Photo.bytes(file)
            var bytes = Array(original[..<2]) + JPEGBlockTests.segments(0xE9, lead)
            bytes += original[2...].dropLast(drop)
            if fill > 0 { bytes += JPEGBlockTests.segments(0xFE, fill - bytes.count) }
            var digits = rest[...]
            while !digits.isEmpty {
                bytes.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
                digits = digits.dropFirst(2)
            }
            bytes += [UInt8](repeating: 0, count: zeros)
            for change in changes { bytes[change[0]] = UInt8(change[1]) }
            return bytes
        }
    }

    /// Segments of so many bytes together.
    private static func segments(_ marker: UInt8, _ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var left = count
        while left > 0 {
            var size = min(left, 60000)
            if (1...3).contains(left - size) { size -= 4 }
            bytes += [0xFF, marker, UInt8((size - 2) >> 8), UInt8((size - 2) & 255)]
            bytes += [UInt8](repeating: 0, count: size - 4)
            left -= size
        }
        return bytes
    }

    private static let recipes =
        (try? Fixture.decode([Recipe].self, from: "jpeg_blocks.json")) ?? []
    private static let names = Set(recipes.map(\.file)).sorted()

    @Test("Verdict and pixels are Pillow's, of the whole and of a corner", arguments: names)
    func golden(name: String) throws {
        let recipes = Self.recipes.filter { $0.file == name }
        #expect(recipes.contains { $0.pixels == nil } && recipes.contains { $0.pixels != nil })
        let decoder = try ImageDecoder()
        let corner = PixelRegion(x: 1, y: 1, width: 9, height: 5)
        for (number, recipe) in recipes.enumerated() {
            let bytes = try recipe.bytes()
            let image = decoded(bytes, with: decoder)
            #expect(
                image.map { String(sha256($0.pixels).prefix(16)) } == recipe.pixels,
                "\(name) \(number)")
            let part = try? decoder.decode(bytes.span, region: corner)
            #expect(
                part?.pixels == image.map { cropped($0, corner) }, "corner of \(name) \(number)")
        }
    }

    @Test("The recipes are many")
    func count() {
        #expect(Self.recipes.count == 966)
        #expect(Self.names.count == 9)
    }

    @Test("Arithmetic-coded data that go on in another block are refused with a way out")
    func words() throws {
        let file = try Photo.bytes("arithmetic")
        let bytes = Array(file[..<2]) + Self.segments(0xE9, 65537 - file.count) + file[2...]
        #expect(bytes.count == 65537)
        let decoder = try ImageDecoder()
        #expect(try decoder.header(of: bytes.span).width == 131)
        let error = #expect(throws: ImageError.self) { try decoder.decode(bytes.span) }
        #expect(error?.code == .unsupported)
        let reason = try #require(error?.reason)
        #expect(reason.contains("behind byte 65536") && reason.contains("jpegtran"), "\(reason)")
    }
}
