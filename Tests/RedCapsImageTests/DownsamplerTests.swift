import Foundation
import RedCapsImage
import TestSupport
import Testing

@Suite("Downsampling of images")
struct DownsamplerTests {
    private struct Profiled: Decodable {
        let base64: String
        let profile: String
        /// The colours of the fields in sRGB.
        let fields: [Int]

        var bytes: [UInt8] { [UInt8](Data(base64Encoded: base64) ?? Data()) }
    }

    /// A picture with structure of all sizes.
    private func picture(_ width: Int, _ height: Int) throws -> PixelBuffer {
        var noise = Congruential(5)
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let wave = sin(Double(x * x) / 900) * cos(Double(y * (x + 40)) / 2000)
                let value = 128 + 70 * wave + Double(noise.next() >> 28)
                pixels += [
                    UInt8(value), UInt8(255 - value), UInt8((Int(value) + x + y) & 0xFF),
                ]
            }
        }
        return try PixelBuffer(width: width, height: height, pixels: pixels)
    }

    private func downsampled(
        _ file: [UInt8], _ options: DownsamplingOptions
    ) throws -> Downsampler.Output {
        try Downsampler(options).downsample(file.span)
    }

    private func difference(_ a: PixelBuffer, _ b: PixelBuffer) -> Double {
        let squares = zip(a.pixels, b.pixels).reduce(0) { sum, pair in
            let step = Int(pair.0) - Int(pair.1)
            return sum + step * step
        }
        return 10 * log10(255 * 255 * Double(a.pixels.count) / Double(max(1, squares)))
    }

    /// The segments before the first scan: their markers and bodies.
    private func segments(_ jpeg: [UInt8]) -> [(marker: UInt8, body: [UInt8])] {
        var found: [(UInt8, [UInt8])] = []
        var place = 2
        while place + 4 <= jpeg.count, jpeg[place] == 0xFF, jpeg[place + 1] != 0xDA {
            let length = Int(jpeg[place + 2]) << 8 | Int(jpeg[place + 3])
            found.append((jpeg[place + 1], Array(jpeg[(place + 4)..<(place + 2 + length)])))
            place += 2 + length
        }
        return found
    }

    private func segment(_ marker: UInt8, _ body: [UInt8]) -> [UInt8] {
        [0xFF, marker, UInt8((body.count + 2) >> 8), UInt8((body.count + 2) & 0xFF)] + body
    }

    private func with(_ jpeg: [UInt8], _ segments: [UInt8]) -> [UInt8] {
        jpeg[..<2] + segments + jpeg[2...]
    }

    private func exif(_ orientation: UInt8) -> [UInt8] {
        Array("Exif\0\0MM\0*\0\0\0\u{8}\0\u{1}\u{1}\u{12}\0\u{3}\0\0\0\u{1}\0".utf8)
            + [orientation, 0, 0, 0, 0, 0, 0]
    }

    @Test(
        "The shorter edge becomes the limit, the longer one the nearest",
        arguments: [
            (300, 200, 100, 150, 100), (200, 301, 100, 100, 151), (301, 200, 99, 149, 99),
            (97, 97, 50, 50, 50), (200, 2000, 30, 30, 300),
        ])
    func sizes(width: Int, height: Int, edge: Int, newWidth: Int, newHeight: Int) throws {
        let jpeg = try JPEGEncoder().encode(try picture(width, height))
        let output = try downsampled(jpeg, DownsamplingOptions(shortestEdge: edge))
        let file = try #require(output.bytes)
        let header = try ImageDecoder().header(of: file.span)
        #expect((header.width, header.height) == (newWidth, newHeight))
        #expect((output.width, output.height) == (newWidth, newHeight))
    }

    @Test("An image that is small enough stays as it is, whatever its format")
    func untouched() throws {
        let jpeg = try Photo.bytes("wide_420")
        for edge in [97, 98, 5000] {
            #expect(try downsampled(jpeg, DownsamplingOptions(shortestEdge: edge)).bytes == nil)
        }
        #expect(try downsampled(jpeg, DownsamplingOptions(shortestEdge: 96)).bytes != nil)
        for format in FormatTests.switchedOn {
            let file = try #require(FormatGolden.files(format).first { $0.pixels?.width == 21 })
            #expect(try downsampled(file.bytes, DownsamplingOptions(shortestEdge: 17)).bytes == nil)
            #expect(try downsampled(file.bytes, DownsamplingOptions(shortestEdge: 16)).bytes != nil)
        }
    }

    @Test(
        "Up to four times too large, the pixels are those of a full decoding and Pillow's Lanczos",
        arguments: [(200, 150, 70), (150, 200, 140), (397, 203, 51)])
    func pixels(width: Int, height: Int, edge: Int) throws {
        let jpeg = try JPEGEncoder(quality: 95).encode(try picture(width, height))
        let output = try downsampled(jpeg, DownsamplingOptions(shortestEdge: edge, quality: 92))
        let whole = try ImageDecoder().decode(jpeg.span)
        let small = try Resampler(.lanczos).resize(
            whole, width: output.width, height: output.height)
        let expected = try JPEGEncoder(quality: 92, sampling: .s444, optimizesCoding: false)
            .encode(small)
        #expect(output.bytes == expected)
    }

    @Test("Beyond, hardly anything is lost", arguments: [(1300, 820, 100), (1301, 803, 91)])
    func shrunk(width: Int, height: Int, edge: Int) throws {
        let jpeg = try JPEGEncoder(quality: 95, sampling: .s444).encode(try picture(width, height))
        let output = try downsampled(jpeg, DownsamplingOptions(shortestEdge: edge, quality: 100))
        let file = try #require(output.bytes)
        let whole = try ImageDecoder().decode(jpeg.span)
        let small = try Resampler(.lanczos).resize(
            whole, width: output.width, height: output.height)
        #expect(difference(try ImageDecoder().decode(file.span), small) > 36)
    }

    @Test("Quality, sampling, progression and gray are what was asked for")
    func coding() throws {
        let jpeg = try JPEGEncoder().encode(try picture(120, 90))
        func frame(_ options: DownsamplingOptions) throws -> (marker: UInt8, body: [UInt8]) {
            let file = try #require(try downsampled(jpeg, options).bytes)
            return try #require(segments(file).first { [0xC0, 0xC2].contains($0.marker) })
        }
        #expect(try frame(DownsamplingOptions(shortestEdge: 60)).body[7] == 0x11)
        #expect(try frame(DownsamplingOptions(shortestEdge: 60, quality: 89)).body[7] == 0x22)
        #expect(try frame(DownsamplingOptions(shortestEdge: 60, sampling: .s420)).body[7] == 0x22)
        #expect(try frame(DownsamplingOptions(shortestEdge: 60)).marker == 0xC0)
        #expect(
            try frame(DownsamplingOptions(shortestEdge: 60, isProgressive: true)).marker == 0xC2)
        let sizes = try [30, 90].map {
            try #require(
                try downsampled(jpeg, DownsamplingOptions(shortestEdge: 60, quality: $0)).bytes
            ).count
        }
        #expect(sizes[0] < sizes[1])
        let gray = try JPEGEncoder(sampling: .gray).encode(try picture(120, 90))
        let file = try #require(try downsampled(gray, DownsamplingOptions(shortestEdge: 60)).bytes)
        #expect(try ImageDecoder().header(of: file.span).componentCount == 1)
    }

    @Test("Orientation is applied on demand, and then upright", arguments: 1...8)
    func orientation(value: UInt8) throws {
        let jpeg = with(
            try JPEGEncoder(quality: 100, sampling: .s444).encode(try picture(120, 80)),
            segment(0xE1, exif(value)))
        let kept = try #require(try downsampled(jpeg, DownsamplingOptions(shortestEdge: 40)).bytes)
        #expect(try ImageDecoder().header(of: kept.span).orientation.rawValue == Int(value))
        #expect(try ImageDecoder().header(of: kept.span).width == 60)

        let output = try downsampled(
            jpeg, DownsamplingOptions(shortestEdge: 40, quality: 100, appliesOrientation: true))
        let turned = try #require(output.bytes)
        let header = try ImageDecoder().header(of: turned.span)
        #expect(header.orientation == .upright)
        #expect((header.width, header.height) == (value >= 5 ? (40, 60) : (60, 40)))
        // The reader turns the original as Pillow does.
        let reader = try SquareImageReader(
            imageSize: 40, ImageOptions(appliesOrientation: true), filter: .lanczos)
        reader.keepsBytes = true
        let region = try reader.header(of: jpeg.span).square(at: 20)
        var floats = [Float](repeating: 0, count: 3 * 1600)
        var span = floats.mutableSpan
        try reader.read(jpeg.span, region: region, into: &span)
        let expected = try PixelBuffer(width: 40, height: 40, pixels: reader.bytes)
        let square = try ImageDecoder().decode(turned.span, region: header.square(at: 10))
        #expect(difference(square, expected) > 36)
    }

    @Test("A small image is turned, too")
    func smallTurned() throws {
        let jpeg = with(
            try JPEGEncoder(quality: 95).encode(try picture(60, 40)), segment(0xE1, exif(6)))
        let options = try DownsamplingOptions(shortestEdge: 100, appliesOrientation: true)
        let output = try downsampled(jpeg, options)
        #expect((output.width, output.height) == (40, 60))
        #expect(output.bytes != nil)
    }

    @Test("Metadata and profile stay, or go on demand; a small JPEG loses them without a change")
    func metadata() throws {
        let profile =
            Array(repeating: UInt8(7), count: 16) + Array("RGB XYZ ".utf8)
            + [UInt8](repeating: 9, count: 120)
        let extras =
            segment(0xE1, exif(3))
            + segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0<x/>".utf8))
            + segment(0xE2, Array("ICC_PROFILE\0".utf8) + [1, 1] + profile)
            + segment(0xED, Array("Photoshop 3.0\0".utf8)) + segment(0xFE, Array("hello".utf8))
        let jpeg = with(try JPEGEncoder().encode(try picture(120, 80)), extras)
        func names(_ file: [UInt8]) -> Set<String> {
            Set(
                segments(file).filter { $0.marker > 0xE0 && $0.marker != 0xEE }
                    .map { String(decoding: $0.body.prefix(4), as: UTF8.self) })
        }
        let kept = try #require(try downsampled(jpeg, DownsamplingOptions(shortestEdge: 40)).bytes)
        #expect(names(kept) == ["Exif", "http", "ICC_", "Phot"])
        let body = segments(kept).first { $0.marker == 0xE2 }?.body
        #expect(body.map { Array($0[14...]) } == profile)

        let bare = try DownsamplingOptions(shortestEdge: 40, profile: .drop, keepsMetadata: false)
        #expect(names(try #require(try downsampled(jpeg, bare).bytes)) == [])
        let withProfile = try DownsamplingOptions(shortestEdge: 40, keepsMetadata: false)
        #expect(names(try #require(try downsampled(jpeg, withProfile).bytes)) == ["ICC_"])

        let small = try DownsamplingOptions(shortestEdge: 400, profile: .drop, keepsMetadata: false)
        let stripped = try #require(try downsampled(jpeg, small).bytes)
        #expect(names(stripped) == [])
        #expect(
            try ImageDecoder().decode(stripped.span) == (try ImageDecoder().decode(jpeg.span)))
        #expect(jpeg.count - stripped.count == extras.count)

        // What libjpeg passes over between segments goes with them.
        let untidy = with(jpeg, segment(0xFE, [1]) + [7, 0xFF, 0, 0xFF, 0xFF])
        #expect(try downsampled(untidy, small).bytes == stripped)
    }

    @Test("EXIF data that would make the new file unreadable are left out")
    func badResolution() throws {
        // XResolution is a byte, which counts where JFIF tells no resolution.
        let bad: [UInt8] =
            Array("II*\0".utf8) + [8, 0, 0, 0, 2, 0]
            + [0x1A, 1, 1, 0, 1, 0, 0, 0, 97, 0, 0, 0] + [0x28, 1, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0]
            + [0, 0, 0, 0]
        let extra = segment(0xE1, Array("Exif\0\0".utf8) + bad)
        var jpeg = with(try JPEGEncoder().encode(try picture(120, 80)), extra)
        // JFIF's unit of resolution, of which 0 is none.
        let unit = extra.count + 13
        #expect(jpeg[unit] == 0)
        #expect(throws: ImageError.self) { try ImageDecoder().header(of: jpeg.span) }
        jpeg[unit] = 1
        let small = try #require(try downsampled(jpeg, DownsamplingOptions(shortestEdge: 40)).bytes)
        #expect(try ImageDecoder().decode(small.span).height == 40)
        #expect(!segments(small).contains { $0.marker == 0xE1 })
    }

    #if ICC
    @Test("Colours are converted to sRGB as by Little CMS", arguments: ["wide", "gray"])
    func profile(name: String) throws {
        let images = try Fixture.decode([String: Profiled].self, from: "profiles.json")
        let image = try #require(images[name])
        guard ImageFormat.png.isDecoded else { return }
        let options = try DownsamplingOptions(shortestEdge: 64, quality: 100, profile: .convert)
        let file = try #require(try downsampled(image.bytes, options).bytes)
        #expect(!segments(file).contains { $0.marker == 0xE2 })
        let pixels = try ImageDecoder().decode(file.span)
        #expect((pixels.width, pixels.height) == (64, 64))
        let stored = try ImageDecoder().decode(image.bytes.span)
        var change = 0
        for field in 0..<16 {
            let start = ((field / 4 * 16 + 8) * 64 + field % 4 * 16 + 8) * 3
            for channel in 0..<3 {
                let value = Int(pixels.pixels[start + channel])
                #expect(abs(value - image.fields[field * 3 + channel]) <= 2)
                change = max(change, abs(value - Int(stored.pixels[start + channel])))
            }
        }
        #expect(change > 8)
        // Once it is sRGB, there is nothing left to do.
        #expect(try downsampled(file, options).bytes == nil)
    }

    @Test("A profile of gray says nothing of an image in colour")
    func foreignProfile() throws {
        let images = try Fixture.decode([String: Profiled].self, from: "profiles.json")
        let gray = [UInt8](Data(base64Encoded: try #require(images["gray"]).profile) ?? Data())
        try #require(!gray.isEmpty)
        let jpeg = with(
            try JPEGEncoder().encode(try picture(120, 80)),
            segment(0xE2, Array("ICC_PROFILE\0".utf8) + [1, 1] + gray))
        #expect(
            try downsampled(jpeg, DownsamplingOptions(shortestEdge: 40, profile: .convert)).bytes
                == (try downsampled(jpeg, DownsamplingOptions(shortestEdge: 40, profile: .drop))
                    .bytes))
    }
    #else
    @Test("Without the trait, colours aren't converted but refused")
    func noConversion() throws {
        let error = #expect(throws: ImageError.self) {
            try DownsamplingOptions(shortestEdge: 64, profile: .convert)
        }
        #expect(error?.code == .unsupported)
        #expect(error?.reason.contains("\"ICC\"") ?? false)
    }
    #endif

    @Test("A broken image is refused, large or small")
    func broken() throws {
        let jpeg = try JPEGEncoder().encode(try picture(120, 80))
        for edge in [40, 400] {
            let error = #expect(throws: ImageError.self) {
                try downsampled(Array(jpeg.dropLast(40)), DownsamplingOptions(shortestEdge: edge))
            }
            #expect(error?.code == .truncated)
        }
    }

    @Test("Edges and qualities that make no sense are refused")
    func arguments() throws {
        for edge in [0, -1, 65501] {
            #expect(throws: ImageError.self) { try DownsamplingOptions(shortestEdge: edge) }
        }
        for quality in [0, 101] {
            #expect(throws: ImageError.self) {
                try DownsamplingOptions(shortestEdge: 100, quality: quality)
            }
        }
    }

    @Test("A downsampler's next image doesn't depend on the last")
    func again() throws {
        let options = try DownsamplingOptions(shortestEdge: 50)
        let downsampler = try Downsampler(options)
        let files = try [(120, 80), (80, 120), (300, 60), (120, 80)].map {
            try JPEGEncoder().encode(try picture($0.0, $0.1))
        }
        for file in files {
            _ = try? downsampler.downsample(Array(file.dropLast(30)).span)
            #expect(
                try downsampler.downsample(file.span).bytes
                    == (try downsampled(file, options)).bytes)
        }
    }
}
