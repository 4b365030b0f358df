import RedCapsImage
import Testing

@Suite("Encoding JPEGs")
struct JPEGEncoderTests {
    private func gradient(_ width: Int, _ height: Int) throws -> PixelBuffer {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width { pixels += [UInt8(x), UInt8(y), UInt8((x + y) / 2)] }
        }
        return try PixelBuffer(width: width, height: height, pixels: pixels)
    }

    /// The segments before the first scan's data: marker and body.
    private func segments(_ jpeg: [UInt8]) -> [(marker: UInt8, body: ArraySlice<UInt8>)] {
        var found: [(UInt8, ArraySlice<UInt8>)] = []
        var position = 2
        while position + 4 <= jpeg.count, found.last?.0 != 0xDA {
            let length = Int(jpeg[position + 2]) << 8 | Int(jpeg[position + 3])
            found.append((jpeg[position + 1], jpeg[(position + 4)..<(position + 2 + length)]))
            position += 2 + length
        }
        return found
    }

    @Test("What is encoded decodes to nearly the same pixels", arguments: [false, true])
    func roundTrip(isProgressive: Bool) throws {
        let image = try gradient(120, 90)
        for sampling in [JPEGEncoder.Sampling.s444, .s422, .s420] {
            let jpeg = try JPEGEncoder(
                quality: 95, sampling: sampling, isProgressive: isProgressive
            ).encode(image)
            let decoder = try ImageDecoder()
            #expect(try decoder.header(of: jpeg.span).isProgressive == isProgressive)
            let result = try decoder.decode(jpeg.span)
            #expect((result.width, result.height) == (120, 90))
            #expect(zip(image.pixels, result.pixels).allSatisfy { abs(Int($0) - Int($1)) < 12 })
        }
    }

    @Test(
        "The frame names the sampling of each component",
        arguments: [
            (JPEGEncoder.Sampling.s444, [0x11, 0x11, 0x11]), (.s422, [0x21, 0x11, 0x11]),
            (.s420, [0x22, 0x11, 0x11]), (.gray, [0x11]),
        ])
    func sampling(sampling: JPEGEncoder.Sampling, factors: [UInt8]) throws {
        let jpeg = try JPEGEncoder(sampling: sampling).encode(gradient(50, 40))
        let frame = try #require(segments(jpeg).first { $0.marker == 0xC0 }?.body)
        let components = frame.dropFirst(6)
        let found = stride(from: components.startIndex + 1, to: components.endIndex, by: 3)
        #expect(found.map { components[$0] } == factors)
        #expect(try ImageDecoder().header(of: jpeg.span).componentCount == factors.count)
    }

    @Test("Gray has three equal channels, those of the brightness")
    func gray() throws {
        let image = try gradient(120, 90)
        let jpeg = try JPEGEncoder(quality: 98, sampling: .gray).encode(image)
        let result = try ImageDecoder().decode(jpeg.span)
        for start in stride(from: 0, to: result.pixels.count, by: 3) {
            let (r, g, b) = (
                Int(image.pixels[start]), Int(image.pixels[start + 1]), Int(image.pixels[start + 2])
            )
            let brightness = (299 * r + 587 * g + 114 * b) / 1000
            let found = Set(result.pixels[start..<(start + 3)])
            guard let value = found.first, found.count == 1, abs(Int(value) - brightness) < 8 else {
                Issue.record("\(found) for \(brightness)")
                return
            }
        }
    }

    @Test("Restart markers come as often as asked for, and change no pixel")
    func restarts() throws {
        let image = try gradient(120, 90)
        let plain = try JPEGEncoder().encode(image)
        let jpeg = try JPEGEncoder(restartInterval: 8).encode(image)
        #expect(!segments(plain).contains { $0.marker == 0xDD })
        #expect(segments(jpeg).first { $0.marker == 0xDD }?.body.elementsEqual([0, 8]) == true)
        let restarts = zip(jpeg, jpeg.dropFirst()).count { $0 == 0xFF && 0xD0...0xD7 ~= $1 }
        #expect(restarts == 5)  // 8 × 6 units of 16 × 16 pixels: one between two rows
        let decoder = try ImageDecoder()
        let isEqual = try decoder.decode(jpeg.span) == decoder.decode(plain.span)
        #expect(isEqual)
    }

    @Test("Quality changes the size")
    func quality() throws {
        let image = try gradient(120, 90)
        let sizes = try [1, 20, 60, 95, 100].map {
            try JPEGEncoder(quality: $0).encode(image).count
        }
        #expect(sizes == sizes.sorted() && Set(sizes).count == sizes.count)
    }

    @Test("Numbers that make no options are refused")
    func badOptions() {
        for quality in [0, 101, -5, .max] {
            #expect(
                throws: ImageError(.badRequest, "a JPEG quality of \(quality) isn't in 1 ... 100")
            ) { try JPEGEncoder(quality: quality) }
        }
        for interval in [-1, 65536, .max] {
            #expect(
                throws: ImageError(
                    .badRequest, "a restart interval of \(interval) isn't in 0 ... 65535")
            ) { try JPEGEncoder(restartInterval: interval) }
        }
    }

    @Test("An edge that JPEG hasn't is refused, in libjpeg's words, and the longest works")
    func tooLong() throws {
        let encoder = try JPEGEncoder()
        for (width, height) in [(65501, 1), (1, 65501)] {
            let image = try PixelBuffer(
                width: width, height: height, pixels: .init(repeating: 9, count: 65501 * 3))
            #expect(
                throws: ImageError(
                    .badRequest, "JPEG: Maximum supported image dimension is 65500 pixels")
            ) { try encoder.encode(image) }
        }
        let image = try PixelBuffer(
            width: 65500, height: 1, pixels: .init(repeating: 9, count: 65500 * 3))
        let jpeg = try encoder.encode(image)
        #expect(try ImageDecoder().header(of: jpeg.span).width == 65500)
    }
}
