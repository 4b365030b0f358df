import RedCapsImage
import TestSupport
import Testing

@Suite("Reading squares")
struct SquareImageReaderTests {
    @Test("The square lies along the longer edge")
    func square() throws {
        let decoder = try JPEGDecoder()
        let wide = try Photo.bytes("wide_444")
        let tall = try Photo.bytes("tall_444")
        let header = try decoder.header(of: wide.span)
        #expect((header.width, header.height) == (131, 97))
        #expect(header.square(at: 5) == PixelRegion(x: 5, y: 0, width: 97, height: 97))
        #expect(
            try decoder.header(of: tall.span).square(at: 5)
                == PixelRegion(x: 0, y: 5, width: 96, height: 96))
    }

    @Test("The header tells components and progression")
    func header() throws {
        let decoder = try JPEGDecoder()
        for (name, components, isProgressive) in [
            ("gray", 1, false), ("wide_420", 3, false), ("cmyk", 4, false),
            ("odd_444_progressive", 3, true),
        ] {
            let bytes = try Photo.bytes(name)
            let header = try decoder.header(of: bytes.span)
            #expect(header.componentCount == components)
            #expect(header.isProgressive == isProgressive)
        }
    }

    @Test("An image of more pixels than the limit is refused by its header")
    func limit() throws {
        let bytes = try Photo.bytes("tiny_81")
        let reader = try SquareImageReader(
            imageSize: 16, limits: ImageLimits(maxPixels: 81 * 81 - 1))
        let error = #expect(throws: ImageError.self) { try reader.header(of: bytes.span) }
        #expect(error == ImageError(.tooLarge, "81×81 pixels, more than the limit of 6560"))
        let enough = try SquareImageReader(imageSize: 16, limits: ImageLimits(maxPixels: 81 * 81))
        #expect(try enough.header(of: bytes.span).width == 81)
        #expect(ImageLimits().maxPixels == 178_956_970)
    }

    @Test("A header may promise more pixels than there is memory for, and is refused at no cost")
    func hugeHeader() throws {
        var bytes = try Photo.bytes("tiny_81")
        let frame = try #require(
            bytes.indices.dropLast(2).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0x00, 0xFF, 0x00])
        let reader = try SquareImageReader(imageSize: 16)
        let error = #expect(throws: ImageError.self) { try reader.header(of: bytes.span) }
        #expect(error?.code == .tooLarge)
    }

    @Test("Sizes, regions and targets that don't fit are refused")
    func badRequests() throws {
        for size in [0, -1, 16385] {
            let error = #expect(throws: ImageError.self) { try SquareImageReader(imageSize: size) }
            #expect(error?.code == .badRequest)
        }
        let bytes = try Photo.bytes("wide_420")
        let reader = try SquareImageReader(imageSize: 16)
        for (region, count) in [
            (PixelRegion(x: 0, y: 0, width: 90, height: 90), 3 * 16 * 16 - 1),
            (PixelRegion(x: 0, y: 0, width: 90, height: 91), 3 * 16 * 16),
            (PixelRegion(x: 50, y: 0, width: 97, height: 97), 3 * 16 * 16),
        ] {
            var floats = [Float](repeating: 0, count: count)
            var span = floats.mutableSpan
            do {
                try reader.read(bytes.span, region: region, into: &span)
                Issue.record("\(region) into \(count) floats was accepted")
            } catch {
                #expect(error.code == .badRequest)
            }
        }
    }

    @Test("After a failure a reader reads the next image as if nothing had been")
    func afterFailure() throws {
        let reader = try SquareImageReader(imageSize: 32)
        reader.keepsBytes = true
        func read(_ name: String, _ side: Int) throws -> [UInt8] {
            let bytes = try Photo.bytes(name)
            var floats = [Float](repeating: 0, count: 3 * 32 * 32)
            var span = floats.mutableSpan
            try reader.read(
                bytes.span, region: PixelRegion(x: 0, y: 0, width: side, height: side), into: &span)
            return reader.bytes
        }
        let first = try read("wide_420", 97)
        #expect(throws: ImageError.self) { try read("cut_base_half", 97) }
        #expect(try read("wide_420", 97) == first)
        #expect(try read("tall_444", 50) != first)
        #expect(try read("wide_420", 97) == first)
    }
}

@Suite("Encoding JPEGs")
struct JPEGEncoderTests {
    private func gradient(_ width: Int, _ height: Int) throws -> PixelBuffer {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width { pixels += [UInt8(x), UInt8(y), UInt8((x + y) / 2)] }
        }
        return try PixelBuffer(width: width, height: height, pixels: pixels)
    }

    @Test("What is encoded decodes to nearly the same pixels")
    func roundTrip() throws {
        let image = try gradient(120, 90)
        let decoder = try JPEGDecoder()
        let jpeg = try JPEGEncoder(quality: 95).encode(image)
        let result = try decoder.decode(jpeg.span)
        #expect((result.width, result.height) == (120, 90))
        #expect(zip(image.pixels, result.pixels).allSatisfy { abs(Int($0) - Int($1)) < 12 })
    }

    @Test("Quality changes the size, and numbers that make no quality are refused")
    func quality() throws {
        let image = try gradient(120, 90)
        #expect(
            try JPEGEncoder(quality: 20).encode(image).count
                < JPEGEncoder(quality: 95).encode(image).count)
        for quality in [0, 101, -5] {
            let error = #expect(throws: ImageError.self) {
                try JPEGEncoder(quality: quality).encode(image)
            }
            #expect(error?.code == .badRequest)
        }
    }
}
