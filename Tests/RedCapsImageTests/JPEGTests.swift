import RedCapsImage
import TestSupport
import Testing

@Suite("Decoding JPEGs")
struct JPEGTests {
    @Test(
        "What Pillow refuses is refused; else size and every pixel are Pillow's",
        arguments: Photo.compared)
    func golden(name: String) throws {
        let pixels = decoded(try Photo.bytes(name), with: try ImageDecoder())
        guard let golden = Photo.golden[name] ?? nil else {
            #expect(pixels == nil)
            return
        }
        let image = try #require(pixels)
        #expect(image.width == golden.width)
        #expect(image.height == golden.height)
        #expect(sha256(image.pixels) == golden.sha256)
    }

    @Test(
        "Squares, resampled and not, are Pillow's by steps and at once", arguments: Photo.accepted)
    func squares(name: String) throws {
        let bytes = try Photo.bytes(name)
        let golden = try #require(Photo.golden[name] ?? nil)
        let decoder = try ImageDecoder()
        let resampler = try Resampler()
        let header = try decoder.header(of: bytes.span)
        for square in golden.squares {
            let region = header.square(at: square.offset)
            let pixels = try decoder.decode(bytes.span, region: region)
            let small = try resampler.resize(pixels, width: square.size, height: square.size)
            #expect(sha256(small.pixels) == square.sha256)

            let reader = try SquareImageReader(imageSize: square.size)
            reader.keepsBytes = true
            var floats = [Float](repeating: .nan, count: 3 * square.size * square.size)
            var span = floats.mutableSpan
            try reader.read(bytes.span, region: region, into: &span)
            #expect(reader.bytes == small.pixels)
            #expect(floats == normalized(small.pixels))
        }
    }

    /// Three planes of `2 * (v / 255) - 1`, with the arithmetic spelled out.
    private func normalized(_ pixels: [UInt8]) -> [Float] {
        (0..<3).flatMap { channel in
            stride(from: channel, to: pixels.count, by: 3).map { index in
                let scaled: Float = Float(pixels[index]) / 255
                return 2 * scaled - 1
            }
        }
    }

    @Test("The committed files are many, and of both verdicts")
    func counts() {
        #expect(Photo.compared.count == 155)
        #expect(Photo.accepted.count == 104)
    }

    @Test(
        "Files with missing scans are within ten levels of Pillow's, and mostly equal",
        arguments: [
            "missing_scans_dc", "missing_scans_eoi", "missing_scans_first", "missing_scans_luma",
        ])
    func missingScans(name: String) throws {
        let hex = Array(try #require(try Photo.damaged().missing[name]).utf8)
        let image = try #require(decoded(try Photo.bytes(name), with: try ImageDecoder()))
        #expect(image.pixels.count * 2 == hex.count)
        var differences: [Int: Int] = [:]
        for (index, value) in image.pixels.enumerated() {
            let text = String(decoding: hex[(2 * index)..<(2 * index + 2)], as: UTF8.self)
            let expected = try #require(Int(text, radix: 16))
            differences[abs(Int(value) - expected), default: 0] += 1
        }
        #expect(differences.keys.allSatisfy { $0 <= 10 }, "\(differences)")
        #expect(differences[0, default: 0] > image.pixels.count / 2, "\(differences)")
    }

    @Test("Errors name the kind of failure")
    func errors() throws {
        let decoder = try ImageDecoder()
        for (name, code) in [
            ("empty", ImageError.Code.truncated), ("text", .unknownFormat),
            ("cut_base_40", .truncated), ("arithmetic_cut", .truncated),
            ("tables_alone", .truncated),
            ("cut_base_header", .truncated), ("two_components", .invalid), ("tem_marker", .invalid),
        ] {
            let bytes = try Photo.bytes(name)
            let error = #expect(throws: ImageError.self) { try decoder.decode(bytes.span) }
            #expect(error?.code == code, "\(name): \(String(describing: error))")
        }
    }
}
