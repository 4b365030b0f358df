import Foundation
import RedCapsImage
import TestSupport
import Testing

@Suite("Reading squares")
struct SquareImageReaderTests {
    @Test("The square lies along the longer edge")
    func square() throws {
        let decoder = try ImageDecoder()
        let wide = try Photo.bytes("wide_444")
        let tall = try Photo.bytes("tall_444")
        let header = try decoder.header(of: wide.span)
        #expect((header.width, header.height) == (131, 97))
        #expect(header.square(at: 5) == PixelRegion(x: 5, y: 0, width: 97, height: 97))
        #expect(
            try decoder.header(of: tall.span).square(at: 5)
                == PixelRegion(x: 0, y: 5, width: 96, height: 96))
        let square = try Photo.bytes("square")
        #expect(
            try decoder.header(of: square.span).square(at: 0)
                == PixelRegion(x: 0, y: 0, width: 112, height: 112))
    }

    @Test("The header tells components and progression")
    func header() throws {
        let decoder = try ImageDecoder()
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
            imageSize: 16, ImageOptions(limits: ImageLimits(maxPixels: 81 * 81 - 1)))
        let error = #expect(throws: ImageError.self) { try reader.header(of: bytes.span) }
        #expect(error == ImageError(.tooLarge, "81×81 pixels, more than the limit of 6560"))
        let enough = try SquareImageReader(
            imageSize: 16, ImageOptions(limits: ImageLimits(maxPixels: 81 * 81)))
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

    /// Reads a region of a committed file.
    private func read(
        _ bytes: [UInt8], _ region: PixelRegion, with reader: SquareImageReader
    ) throws -> [Float] {
        var floats = [Float](repeating: .nan, count: 3 * reader.imageSize * reader.imageSize)
        var span = floats.mutableSpan
        try reader.read(bytes.span, region: region, into: &span)
        return floats
    }

    @Test("Reading refuses what the header refuses, even when nobody asked for the header")
    func readWithoutHeader() throws {
        let reader = try SquareImageReader(imageSize: 8)
        let region = PixelRegion(x: 0, y: 0, width: 1, height: 1)
        for name in Photo.compared {
            let bytes = try Photo.bytes(name)
            let isAccepted = (Photo.golden[name] ?? nil) != nil
            #expect(((try? read(bytes, region, with: reader)) != nil) == isAccepted, "\(name)")
        }
        let strict = try SquareImageReader(
            imageSize: 8, ImageOptions(limits: ImageLimits(maxPixels: 6560)))
        let bytes = try Photo.bytes("tiny_81")
        #expect(throws: ImageError(.tooLarge, "81×81 pixels, more than the limit of 6560")) {
            try read(bytes, region, with: strict)
        }
    }

    @Test("All instruction sets and filters read what decoding and resizing give")
    func kernels() throws {
        let bytes = try Photo.bytes("wide_420")
        let region = PixelRegion(x: 9, y: 2, width: 90, height: 90)
        let square = try ImageDecoder().decode(bytes.span, region: region)
        for (number, size) in [1, 7, 16, 33, 45, 90, 101].enumerated() {
            let filter = ResampleFilter.allCases[number % ResampleFilter.allCases.count]
            let expected = try Resampler(filter, kernel: .portable)
                .resize(square, width: size, height: size)
            var floats: [Float]?
            for kernel in ResampleKernel.available {
                let reader = try SquareImageReader(imageSize: size, filter: filter, kernel: kernel)
                reader.keepsBytes = true
                let result = try read(bytes, region, with: reader)
                #expect(reader.bytes == expected.pixels, "\(kernel) \(filter) \(size)")
                #expect(floats == nil || floats == result, "\(kernel) \(filter) \(size)")
                floats = result
            }
        }
    }

    @Test("Bytes are kept only if that was asked for")
    func keepsBytes() throws {
        let bytes = try Photo.bytes("tiny_81")
        let region = PixelRegion(x: 0, y: 0, width: 81, height: 81)
        let reader = try SquareImageReader(imageSize: 20)
        _ = try read(bytes, region, with: reader)
        #expect(reader.bytes.isEmpty)
        reader.keepsBytes = true
        _ = try read(bytes, region, with: reader)
        _ = try read(bytes, region, with: reader)
        #expect(reader.bytes.count == 20 * 20 * 3)
    }

    @Test("Sizes that make no square are refused", arguments: [0, -1, 16385, .max])
    func badSizes(size: Int) {
        #expect(
            throws: ImageError(.badRequest, "an image size of \(size) isn't in 1 ... 16384")
        ) { try SquareImageReader(imageSize: size) }
    }

    @Test("Regions and targets that don't fit are refused")
    func badRequests() throws {
        let bytes = try Photo.bytes("wide_420")
        let reader = try SquareImageReader(imageSize: 16)
        let square = PixelRegion(x: 0, y: 0, width: 90, height: 90)
        let oblong = PixelRegion(x: 0, y: 0, width: 90, height: 91)
        let outside = PixelRegion(x: 50, y: 0, width: 97, height: 97)
        let huge = PixelRegion(x: 0, y: 0, width: .max, height: .max)
        let empty = PixelRegion(x: 0, y: 0, width: 0, height: 0)
        let negative = PixelRegion(x: 0, y: 0, width: -4, height: -4)
        for (region, count, reason) in [
            (square, 767, "room for 3068 bytes of pixels, not 3072"),
            (square, 769, "room for 3076 bytes of pixels, not 3072"),
            (square, 0, "room for 0 bytes of pixels, not 3072"),
            (oblong, 768, "\(oblong) is no square"),
            (outside, 768, "\(outside) lies outside an image of 131×97"),
            (huge, 768, "\(huge) lies outside an image of 131×97"),
            (empty, 768, "\(empty) lies outside an image of 131×97"),
            (negative, 768, "\(negative) lies outside an image of 131×97"),
        ] {
            var floats = [Float](repeating: 0, count: count)
            var span = floats.mutableSpan
            do {
                try reader.read(bytes.span, region: region, into: &span)
                Issue.record("\(region) into \(count) floats was accepted")
            } catch {
                #expect(error == ImageError(.badRequest, reason))
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

    /// The bytes of a square, and its memory in a format.
    private func square(
        _ bytes: [UInt8], _ region: PixelRegion, _ size: Int, _ options: ImageOptions
    ) throws -> (bytes: [UInt8], memory: [UInt8]) {
        let reader = try SquareImageReader(imageSize: size, options)
        reader.keepsBytes = true
        let count = options.format.byteCount(width: size, height: size)
        // A row of words, so that it is aligned for every type.
        var words = [UInt32](repeating: .max, count: count / 4)
        var span = words.mutableSpan
        var memory = span.mutableBytes
        try reader.read(bytes.span, region: region, into: &memory)
        return (reader.bytes, words.withUnsafeBytes { Array($0) })
    }

    @Test(
        "Every type holds the same pixels, channels first or last",
        arguments: PixelType.allCases, PixelLayout.allCases)
    func formats(type: PixelType, layout: PixelLayout) throws {
        let file = try Photo.bytes("wide_420")
        let region = PixelRegion(x: 20, y: 0, width: 97, height: 97)
        let size = 38
        let format = PixelFormat(type, layout)
        let (bytes, memory) = try square(file, region, size, ImageOptions(format: format))
        #expect(
            format.shape(count: 5, width: size, height: size)
                == (layout == .channelsFirst ? [5, 3, size, size] : [5, size, size, 3]))
        for place in 0..<(size * size) {
            for channel in 0..<3 {
                let byte = bytes[3 * place + channel]
                let value = 2 * (Float(byte) / 255) - 1
                let index =
                    layout == .channelsFirst
                    ? channel * size * size + place : 3 * place + channel
                let stored = memory[(index * type.size)..<((index + 1) * type.size)]
                    .reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                switch type {
                case .uint8: #expect(stored == UInt32(byte))
                case .float32: #expect(stored == value.bitPattern)
                case .bfloat16:
                    // No other float of 16 bits is nearer.
                    for other in [stored - 1, stored + 1] where other & 0x7FFF != 0x7FFF {
                        let distance = abs(Float(bitPattern: stored << 16) - value)
                        #expect(distance <= abs(Float(bitPattern: other << 16) - value))
                    }
                case .float16:
                    #if !(os(macOS) && arch(x86_64))
                    #expect(stored == UInt32(Float16(value).bitPattern))
                    #endif
                }
            }
        }
    }

    @Test("Fast is exact where nothing can be shrunk, and near to it where it can")
    func fast() throws {
        let file = try Photo.bytes("wide_420")
        let fast = ImageOptions(decoding: .fast)
        for (x, side, size) in [(0, 97, 64), (7, 90, 46), (20, 97, 97), (3, 50, 80)] {
            let region = PixelRegion(x: x, y: 97 - side, width: side, height: side)
            #expect(
                try square(file, region, size, fast) == square(file, region, size, ImageOptions()))
        }
        // Regions whose edges lie between the pixels of the shrunk image, too.
        for (x, y, side, size) in [
            (0, 0, 96, 48), (1, 1, 96, 48), (34, 0, 97, 48), (5, 3, 91, 40), (8, 8, 64, 16),
            (3, 5, 90, 20), (1, 0, 96, 12), (33, 1, 94, 11),
        ] {
            let region = PixelRegion(x: x, y: y, width: side, height: side)
            let exact = try square(file, region, size, ImageOptions()).bytes
            let near = try square(file, region, size, fast).bytes
            let squares = zip(exact, near).reduce(0.0) {
                let distance = Double($1.0) - Double($1.1)
                return $0 + distance * distance
            }
            let psnr = 10 * log10(255 * 255 * Double(exact.count) / squares)
            #expect(psnr > 30, "\(region) to \(size): \(psnr) dB")
        }
    }
}
