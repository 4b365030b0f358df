import RedCapsImage
import TestSupport
import Testing

@Suite("Resampling")
struct ResampleTests {
    private struct Golden: Decodable {
        let sizes: [Row]

        struct Row: Decodable {
            let from: (width: Int, height: Int)
            let to: (width: Int, height: Int)
            let hashes: [String: String]

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                let numbers = try (0..<4).map { _ in try values.decode(Int.self) }
                from = (numbers[0], numbers[1])
                to = (numbers[2], numbers[3])
                hashes = try values.decode([String: String].self)
            }
        }
    }

    private func golden() throws -> Golden { try Fixture.decode(from: "resample.json") }

    /// The picture that the fixtures' script draws.
    private func picture(_ width: Int, _ height: Int) throws -> PixelBuffer {
        var draw = Congruential(UInt32(width * 65537 + height))
        let pixels = (0..<(width * height * 3)).map { i in
            let byte = UInt8(draw.next() >> 24)
            return switch i / 48 % 3 {
            case 0: byte
            case 1: 255 * (byte & 1)
            default: UInt8(255 * (i / 9 & 1))
            }
        }
        return try PixelBuffer(width: width, height: height, pixels: pixels)
    }

    @Test(
        "Every filter gives Pillow's bytes for 109 pairs of sizes",
        arguments: ResampleKernel.available)
    func pillow(kernel: ResampleKernel) throws {
        let rows = try golden().sizes
        #expect(rows.count == 109)
        for row in rows {
            let image = try picture(row.from.width, row.from.height)
            for filter in ResampleFilter.allCases {
                let resampler = try Resampler(filter, kernel: kernel)
                let result = try resampler.resize(image, width: row.to.width, height: row.to.height)
                #expect(
                    sha256(result.pixels) == row.hashes["\(filter)"],
                    "\(filter) \(row.from) \(row.to)")
            }
        }
    }

    @Test("All instruction sets give the same bytes, at every width and for extreme pixels")
    func kernels() throws {
        #expect(ResampleKernel.available.contains(.portable))
        let images = try [
            picture(133, 40), picture(97, 131), picture(1, 17), picture(2, 5), picture(3, 1),
            picture(7, 9), picture(11, 4),
            PixelBuffer(width: 64, height: 64, pixels: .init(repeating: 255, count: 64 * 64 * 3)),
            PixelBuffer(width: 64, height: 64, pixels: .init(repeating: 0, count: 64 * 64 * 3)),
            PixelBuffer(
                width: 70, height: 50,
                pixels: (0..<(70 * 50)).flatMap { i in
                    [UInt8](repeating: (i + i / 70) % 2 == 0 ? 0 : 255, count: 3)
                }),
        ]
        for filter in ResampleFilter.allCases {
            let portable = try Resampler(filter, kernel: .portable)
            for kernel in ResampleKernel.available where kernel != .portable {
                let resampler = try Resampler(filter, kernel: kernel)
                for image in images {
                    for width in 1...40 {
                        let height = 1 + width * 7 % 60
                        #expect(
                            try resampler.resize(image, width: width, height: height)
                                == portable.resize(image, width: width, height: height),
                            "\(kernel) \(filter) \(width)×\(height)")
                    }
                }
            }
        }
    }

    @Test("A plain image stays plain, and equal size is a copy")
    func plain() throws {
        let plain = try PixelBuffer(
            width: 90, height: 70, pixels: .init(repeating: 201, count: 90 * 70 * 3))
        let image = try picture(45, 31)
        for filter in ResampleFilter.allCases {
            let resampler = try Resampler(filter)
            let result = try resampler.resize(plain, width: 33, height: 47)
            #expect(result.pixels.allSatisfy { $0 == 201 })
            #expect(try resampler.resize(image, width: 45, height: 31) == image)
        }
    }

    @Test("Sizes that make no image are refused")
    func badSizes() throws {
        let image = try picture(4, 4)
        let resampler = try Resampler()
        for (width, height) in [(0, 4), (4, 0), (-1, 4), (4, -1), (1 << 14, 1 << 15), (.max, .max)]
        {
            let expected = ImageError(
                .badRequest, "an image of \(width)×\(height) pixels can't be made")
            #expect(throws: expected) {
                try resampler.resize(image, width: width, height: height)
            }
            #expect(throws: expected) { try PixelBuffer(width: width, height: height, pixels: []) }
        }
    }

    @Test("Pixels that don't fill their image are refused")
    func wrongCount() throws {
        for count in [0, 3, 11, 13] {
            #expect(
                throws: ImageError(.badRequest, "\(count) bytes for 2×2 RGB pixels, not 12")
            ) {
                try PixelBuffer(width: 2, height: 2, pixels: .init(repeating: 0, count: count))
            }
        }
    }

    @Test("A square becomes the pixels of a batch in one go", arguments: PixelType.allCases)
    func straightToBatch(type: PixelType) throws {
        var noise = Congruential(3)
        for (side, size) in [(100, 40), (40, 100), (32, 32), (65, 64), (2, 8)] {
            let image = try PixelBuffer(
                width: side, height: side,
                pixels: (0..<(side * side * 3)).map { _ in UInt8(noise.next() >> 24) })
            let resampler = try Resampler()
            let bytes = try resampler.resize(image, width: size, height: size).pixels
            for layout in PixelLayout.allCases {
                let format = PixelFormat(type, layout)
                // Aligned for every type.
                let count = format.byteCount(width: size, height: size)
                var words = [UInt32](repeating: 0, count: count / 4)
                var span = words.mutableSpan
                var memory = span.mutableBytes
                try resampler.resize(
                    image, width: size, height: size, format, into: &memory)
                for (place, byte) in bytes.enumerated() {
                    let (pixel, channel) = (place / 3, place % 3)
                    let index =
                        layout == .channelsLast ? place : channel * size * size + pixel
                    let value = 2 * (Float(byte) / 255) - 1
                    let found = memory.bytes
                    switch type {
                    case .uint8:
                        #expect(found.unsafeLoad(fromByteOffset: index, as: UInt8.self) == byte)
                    case .float32:
                        #expect(
                            found.unsafeLoad(fromByteOffset: 4 * index, as: Float.self) == value)
                    case .float16, .bfloat16:
                        let bits = found.unsafeLoad(fromByteOffset: 2 * index, as: UInt16.self)
                        #expect(bits >> 15 == (value < 0 ? 1 : 0))
                    }
                }
            }
            var small = [UInt32](repeating: 0, count: 1)
            #expect(throws: ImageError.self) {
                var span = small.mutableSpan
                var memory = span.mutableBytes
                try resampler.resize(image, width: size, height: size, into: &memory)
            }
        }
    }
}
