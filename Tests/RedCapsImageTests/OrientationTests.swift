import RedCapsImage
import TestSupport
import Testing

@Suite("Orientation, mirroring and the square in the middle")
struct OrientationTests {
    private struct Golden: Decodable {
        /// For each orientation, the rows of a picture whose pixels are numbered.
        let turned: [[[Int]]]
        let middles: [Int]
    }

    /// Where a pixel of the shown picture comes from, by Pillow's own example.
    private func place(_ golden: Golden, _ orientation: Int, _ x: Int, _ y: Int, _ w: Int, _ h: Int)
        -> (x: Int, y: Int)
    {
        // Corners tell how far and which way: the pictures are of 3 by 2 pixels.
        let rows = golden.turned[orientation - 1]
        let first = rows[0][0]
        let right = rows[0][1] - first
        let down = rows[1][0] - first
        func stepped(_ step: Int) -> (x: Int, y: Int) {
            abs(step) == 1 ? (step, 0) : (0, step / 3)
        }
        let start = (x: first % 3 == 0 ? 0 : w - 1, y: first / 3 == 0 ? 0 : h - 1)
        return (
            start.x + stepped(right).x * x + stepped(down).x * y,
            start.y + stepped(right).y * x + stepped(down).y * y
        )
    }

    /// A photo with an EXIF segment behind its first marker.
    private func photo(_ name: String, _ segments: [UInt8]) throws -> [UInt8] {
        let bytes = try Photo.bytes(name)
        return bytes[..<2] + segments + bytes[2...]
    }

    private func exif(_ orientation: UInt16, isLittleEndian: Bool, type: UInt16 = 3) -> [UInt8] {
        func number(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: isLittleEndian ? value.littleEndian : value.bigEndian) { Array($0) }
        }
        var body = Array("Exif\0\0".utf8) + Array((isLittleEndian ? "II" : "MM").utf8)
        body += number(UInt16(42)) + number(UInt32(8)) + number(UInt16(1))
        body += number(UInt16(0x0112)) + number(type) + number(UInt32(1))
        body += number(orientation) + [0, 0] + number(UInt32(0))
        return [0xFF, 0xE1, 0, UInt8(body.count + 2)] + body
    }

    private func xmp(_ text: String) -> [UInt8] {
        let body = Array("http://ns.adobe.com/xap/1.0/\0".utf8) + Array(text.utf8)
        return [0xFF, 0xE1, 0, UInt8(body.count + 2)] + body
    }

    /// What the header of a photo with such segments tells.
    private func told(_ segments: [UInt8]) throws -> Int {
        let file = try photo("wide_420", segments)
        let header = try ImageDecoder().header(of: file.span)
        // The size is the stored one, whatever the orientation.
        #expect(header.width == 131)
        #expect(header.height == 97)
        return header.orientation.rawValue
    }

    @Test("EXIF data tell the orientation", arguments: 1...8, [true, false])
    func exifData(orientation: Int, isLittleEndian: Bool) throws {
        let segment = exif(UInt16(orientation), isLittleEndian: isLittleEndian)
        #expect(try told(segment) == orientation)
    }

    @Test("XMP data tell it where EXIF data don't; nonsense and nothing mean upright")
    func otherData() throws {
        #expect(try told([]) == 1)
        #expect(try told(exif(9, isLittleEndian: true)) == 1)
        #expect(try told(exif(0, isLittleEndian: true)) == 1)
        #expect(try told(exif(6, isLittleEndian: true, type: 7)) == 1)
        let clockwise = xmp(#"<x tiff:Orientation="6"/>"#)
        #expect(try told(clockwise) == 6)
        #expect(try told(xmp("<tiff:Orientation>3</tiff:Orientation>")) == 3)
        #expect(try told(xmp("tiff:Orientation=6")) == 1)
        #expect(try told(xmp("tiff:Orientation>x")) == 1)
        #expect(try told(exif(8, isLittleEndian: true) + clockwise) == 8)
        #expect(try told(exif(0, isLittleEndian: true) + clockwise) == 1)
    }

    @Test("EXIF data of any type are upright once an image has been turned")
    func reset() throws {
        let tag: [UInt8] = [0x12, 1]
        for (type, count, value) in [
            (3, 2, [6, 0, 3, 0]), (4, 1, [6, 0, 0, 0]), (13, 1, [6, 0, 0, 0]),
            (11, 1, [0, 0, 0xC0, 0x40]), (6, 4, [6, 1, 1, 1]),
        ] as [(UInt8, UInt8, [UInt8])] {
            let body =
                Array("Exif\0\0II*\0".utf8) + [8, 0, 0, 0, 1, 0] + tag
                + [type, 0, count, 0, 0, 0] + value + [0, 0, 0, 0]
            let file = try photo("wide_420", [0xFF, 0xE1, 0, UInt8(body.count + 2)] + body)
            #expect(try ImageDecoder().header(of: file.span).orientation == .clockwise)
            let options = try DownsamplingOptions(shortestEdge: 40, appliesOrientation: true)
            let small = try #require(try Downsampler(options).downsample(file.span).bytes)
            let header = try ImageDecoder().header(of: small.span)
            #expect((header.width, header.orientation) == (40, .upright), "type \(type)")
        }
    }

    @Test(
        "A turned image is cut and resampled as Pillow does after exif_transpose",
        arguments: ImageOrientation.allCases, ImageDecoding.allCases)
    func turned(orientation: ImageOrientation, decoding: ImageDecoding) throws {
        let golden: Golden = try Fixture.decode(from: "orientations.json")
        let file = try photo(
            "wide_420", exif(UInt16(orientation.rawValue), isLittleEndian: false))
        let stored = try ImageDecoder().decode(file.span)
        let (width, height) =
            orientation.swapsAxes ? (stored.height, stored.width) : (stored.width, stored.height)
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let from = place(
                    golden, orientation.rawValue, x, y, stored.width, stored.height)
                let start = (from.y * stored.width + from.x) * 3
                pixels += stored.pixels[start..<(start + 3)]
            }
        }
        let size = decoding == .exact ? 61 : 24
        let reader = try SquareImageReader(
            imageSize: size, ImageOptions(decoding: decoding, appliesOrientation: true))
        reader.keepsBytes = true
        let header = try reader.header(of: file.span)
        #expect((header.width, header.height) == (width, height))
        for offset in [0, 11, abs(width - height)] {
            let region = header.square(at: offset)
            var cut: [UInt8] = []
            for y in region.y..<(region.y + region.height) {
                let start = (y * width + region.x) * 3
                cut += pixels[start..<(start + region.width * 3)]
            }
            let expected = try Resampler().resize(
                PixelBuffer(width: region.width, height: region.height, pixels: cut),
                width: size, height: size
            ).pixels
            var floats = [Float](repeating: 0, count: 3 * size * size)
            var span = floats.mutableSpan
            try reader.read(file.span, region: region, into: &span)
            if decoding == .exact {
                #expect(reader.bytes == expected, "at \(offset)")
            } else {
                let farthest = zip(reader.bytes, expected).map { abs(Int($0) - Int($1)) }.max()
                #expect(try #require(farthest) < 40, "at \(offset)")
            }
        }
    }

    @Test("A mirrored square has its columns in the other order")
    func mirrored() throws {
        let file = try Photo.bytes("wide_420")
        let size = 30
        let reader = try SquareImageReader(
            imageSize: size, ImageOptions(format: PixelFormat(.uint8, .channelsLast)))
        let region = PixelRegion(x: 3, y: 0, width: 97, height: 97)
        var plain = [UInt8](repeating: 0, count: 3 * size * size)
        var mirrored = plain
        var span = plain.mutableSpan
        var memory = span.mutableBytes
        try reader.read(file.span, region: region, into: &memory)
        span = mirrored.mutableSpan
        memory = span.mutableBytes
        try reader.read(file.span, region: region, isMirrored: true, into: &memory)
        for y in 0..<size {
            for x in 0..<size {
                let (there, here) = (3 * (y * size + x), 3 * (y * size + size - 1 - x))
                #expect(mirrored[there..<(there + 3)] == plain[here..<(here + 3)])
            }
        }
    }

    @Test("The square in the middle is torchvision's")
    func middle() throws {
        let golden: Golden = try Fixture.decode(from: "orientations.json")
        let file = try Photo.bytes("wide_420")
        let header = try ImageDecoder().header(of: file.span)
        #expect(header.middle == 17)
        #expect(golden.middles[1] == 0 && golden.middles[3] == 2)
        for (slack, middle) in golden.middles.enumerated() {
            #expect(Int((Double(slack) / 2).rounded(.toNearestOrEven)) == middle)
        }
    }
}
