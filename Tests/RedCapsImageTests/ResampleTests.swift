import CResample
import RedCapsImage
import TestSupport
import Testing

private let availableKernels = ResampleKernel.allCases.filter(\.isAvailable)

@Suite("Resampling")
struct ResampleTests {
    private struct Golden: Decodable {
        let sizes: [Row]
        let normalized: [UInt32]

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
        "Every filter gives Pillow's bytes for a hundred pairs of sizes",
        arguments: availableKernels)
    func pillow(kernel: ResampleKernel) throws {
        let rows = try golden().sizes
        #expect(rows.count == 100)
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
        #expect(availableKernels.contains(.portable))
        let images = try [
            picture(133, 40), picture(97, 131),
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
            for kernel in availableKernels where kernel != .portable {
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

    @Test("Bytes become numpy's float32 2 * (v / 255) - 1, in planes", arguments: availableKernels)
    func normalized(kernel: ResampleKernel) throws {
        let golden = try golden().normalized
        let set: rc_instruction_set =
            switch kernel {
            case .automatic: RC_AUTOMATIC
            case .portable: RC_PORTABLE
            case .avx2: RC_AVX2
            case .neon: RC_NEON
            }
        let functions = try #require(rc_resample_kernels(set))
        // Lengths around the width of a vector, each value in each channel.
        for count in [1, 7, 8, 9, 255, 256, 257, 300] {
            var rgb: [UInt8] = []
            for pixel in 0..<count {
                rgb.append(UInt8(pixel % 256))
                rgb.append(UInt8((pixel + 85) % 256))
                rgb.append(UInt8(255 - pixel % 256))
            }
            let plane = count + 1  // and one float that must not be touched
            let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: 3 * plane)
            defer { floats.deallocate() }
            floats.initialize(repeating: .nan)
            let red = try #require(floats.baseAddress)
            functions.pointee.normalize(rgb, count, red, red + plane, red + 2 * plane)
            for channel in 0..<3 {
                for pixel in 0..<count {
                    let expected = golden[Int(rgb[3 * pixel + channel])]
                    #expect(floats[channel * plane + pixel].bitPattern == expected)
                }
                #expect(floats[channel * plane + count].isNaN)
            }
        }
    }

    @Test("Instructions that the processor lacks are refused")
    func unavailable() throws {
        for kernel in ResampleKernel.allCases where !kernel.isAvailable {
            let error = #expect(throws: ImageError.self) { try Resampler(.bicubic, kernel: kernel) }
            #expect(error?.code == .unsupported)
        }
        #expect(ResampleKernel.allCases.contains { !$0.isAvailable })  // no processor has all
    }

    @Test("Sizes that make no image are refused")
    func badSizes() throws {
        let image = try picture(4, 4)
        let resampler = try Resampler()
        for (width, height) in [(0, 4), (4, 0), (-1, 4), (.max, .max)] {
            let error = #expect(throws: ImageError.self) {
                try resampler.resize(image, width: width, height: height)
            }
            #expect(error?.code == .badRequest || error?.code == .tooLarge)
        }
        #expect(throws: ImageError.self) {
            try PixelBuffer(width: 2, height: 2, pixels: [1, 2, 3])
        }
    }
}
