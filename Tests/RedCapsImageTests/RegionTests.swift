import RedCapsImage
import Testing

@Suite("Decoding a part of a JPEG")
struct RegionTests {
    /// Every sampling that libjpeg upsamples differently, every way to store scans, every colour.
    static let names = [
        "wide_444", "wide_422", "tall_422", "wide_420", "tall_420", "odd_420_progressive",
        "odd_422_progressive", "wide_sampling_4x1", "sampling_4x1_progressive", "wide_sampling_1x2",
        "tall_sampling_1x4", "wide_sampling_3x1", "tall_sampling_2x2_1x2_2x1",
        "wide_sampling_1x1_2x2_1x1", "restart_1", "restart_1b", "restart_progressive", "cmyk",
        "gray", "gray_2x2", "rgb", "sequential_scans", "no_huffman", "missing_scans_first",
    ]

    /// Decodes a region, and expects what the whole image has there.
    private func expect(
        _ region: PixelRegion, of whole: PixelBuffer, in bytes: [UInt8], _ decoder: ImageDecoder
    ) throws {
        let part = try decoder.decode(bytes.span, region: region)
        #expect((part.width, part.height) == (region.width, region.height))
        // Not `#expect(a == b)`: it would print all pixels.
        let isEqual = part.pixels == cropped(whole, region)
        #expect(isEqual, "\(region)")
    }

    @Test("At every offset, the square has the pixels that the whole has there", arguments: names)
    func squares(name: String) throws {
        let bytes = try Photo.bytes(name)
        let decoder = try ImageDecoder()
        let whole = try decoder.decode(bytes.span)
        let header = try decoder.header(of: bytes.span)
        for offset in 0...abs(whole.width - whole.height) {
            try expect(header.square(at: offset), of: whole, in: bytes, decoder)
        }
    }

    @Test("From every column and row, small rectangles have them, too", arguments: names)
    func everyOrigin(name: String) throws {
        let bytes = try Photo.bytes(name)
        let decoder = try ImageDecoder()
        let whole = try decoder.decode(bytes.span)
        for x in 0..<whole.width {
            let width = min(1 + x % 5, whole.width - x)
            let region = PixelRegion(x: x, y: x % (whole.height - 1), width: width, height: 2)
            try expect(region, of: whole, in: bytes, decoder)
        }
        for y in 0..<whole.height {
            let height = min(1 + y % 3, whole.height - y)
            let region = PixelRegion(x: y % (whole.width - 19), y: y, width: 20, height: height)
            try expect(region, of: whole, in: bytes, decoder)
        }
    }

    @Test("And so have rectangles of any size", arguments: names)
    func random(name: String) throws {
        let bytes = try Photo.bytes(name)
        let decoder = try ImageDecoder()
        let whole = try decoder.decode(bytes.span)
        var draw = Congruential(7)
        for _ in 0..<30 {
            let x = Int(draw.next() >> 8) % whole.width
            let y = Int(draw.next() >> 8) % whole.height
            let region = PixelRegion(
                x: x, y: y, width: 1 + Int(draw.next() >> 8) % (whole.width - x),
                height: 1 + Int(draw.next() >> 8) % (whole.height - y))
            try expect(region, of: whole, in: bytes, decoder)
        }
    }

    @Test("A file is refused for its first pixel alone, too", arguments: Photo.compared)
    func firstPixel(name: String) throws {
        let bytes = try Photo.bytes(name)
        let region = PixelRegion(x: 0, y: 0, width: 1, height: 1)
        let pixel = try? ImageDecoder().decode(bytes.span, region: region)
        #expect(
            pixel?.pixels == decoded(bytes, with: try ImageDecoder()).map { cropped($0, region) })
    }

    @Test("A rectangle that isn't inside the image, or is empty, is refused")
    func outside() throws {
        let bytes = try Photo.bytes("tiny_81")
        let decoder = try ImageDecoder()
        for (x, y, width, height) in [
            (0, 0, 82, 81), (1, 0, 81, 81), (0, 1, 81, 81), (0, 81, 1, 1), (-1, 0, 5, 5),
            (0, -1, 5, 5), (0, 0, 0, 5), (0, 0, 5, 0), (0, 0, 5, -1), (.max, 0, 1, 1),
            (0, 0, .max, .max), (.min, .min, .max, .max), (1, 1, .min, .min),
        ] {
            let region = PixelRegion(x: x, y: y, width: width, height: height)
            let error = #expect(throws: ImageError.self) {
                try decoder.decode(bytes.span, region: region)
            }
            #expect(error?.code == .badRequest)
            #expect(error?.reason == "\(region) lies outside an image of 81×81")
        }
    }
}
