import Foundation
import RedCapsImage
import TestSupport
import Testing

@Suite("Reading rectangles")
struct ImageReaderTests {
    /// Regions of an image of 131×97 pixels, and what they become: smaller and larger, with and without
    /// the same aspect, and so much lower that Pillow resamples rows first.
    static let cases: [(region: PixelRegion, width: Int, height: Int)] = [
        (PixelRegion(x: 3, y: 5, width: 120, height: 80), 60, 40),
        (PixelRegion(x: 0, y: 0, width: 131, height: 97), 131, 97),
        (PixelRegion(x: 9, y: 2, width: 90, height: 60), 33, 48),
        (PixelRegion(x: 40, y: 0, width: 20, height: 97), 18, 30),
        (PixelRegion(x: 40, y: 0, width: 20, height: 97), 40, 16),
        (PixelRegion(x: 1, y: 30, width: 130, height: 10), 64, 10),
        (PixelRegion(x: 7, y: 7, width: 5, height: 3), 31, 17),
        (PixelRegion(x: 7, y: 7, width: 1, height: 1), 2, 1),
    ]

    /// What decoding, resampling and storing by steps give: the bytes, and the memory of the format.
    private func steps(
        _ file: [UInt8], _ region: PixelRegion, _ width: Int, _ height: Int, _ format: PixelFormat,
        isMirrored: Bool
    ) throws -> (bytes: [UInt8], memory: [UInt8]) {
        let decoded = try ImageDecoder().decode(file.span, region: region)
        var bytes = try Resampler().resize(decoded, width: width, height: height).pixels
        if isMirrored {
            let original = bytes
            for place in 0..<(width * height) {
                let from = place / width * width + width - 1 - place % width
                bytes.replaceSubrange(
                    (3 * place)..<(3 * place + 3), with: original[(3 * from)..<(3 * from + 3)])
            }
        }
        var memory = [UInt8](repeating: 0, count: bytes.count * format.type.size)
        for place in 0..<(width * height) {
            for channel in 0..<3 {
                let byte = bytes[3 * place + channel]
                let value = 2 * (Float(byte) / 255) - 1
                let bits: UInt32
                switch format.type {
                case .uint8: bits = UInt32(byte)
                case .float32: bits = value.bitPattern
                case .bfloat16:
                    let all = value.bitPattern
                    bits = (all + 0x7FFF + (all >> 16 & 1)) >> 16
                case .float16:
                    #if os(macOS) && arch(x86_64)
                    return (bytes, [])
                    #else
                    bits = UInt32(Float16(value).bitPattern)
                    #endif
                }
                let index =
                    format.layout == .channelsFirst
                    ? channel * width * height + place : 3 * place + channel
                for byte in 0..<format.type.size {
                    memory[index * format.type.size + byte] = UInt8(bits >> (8 * byte) & 255)
                }
            }
        }
        return (bytes, memory)
    }

    /// A block of memory that is aligned for every type, lent for writing.
    private func filled(
        _ count: Int, _ body: (inout MutableRawSpan) throws -> Void
    ) throws -> [UInt8] {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { block.deallocate() }
        block.initializeMemory(as: UInt8.self, repeating: .max)
        var memory = block.mutableBytes
        try body(&memory)
        return Array(block)
    }

    @Test(
        "A region becomes what decoding, Pillow's resampling and normalising give by steps",
        arguments: PixelType.allCases, PixelLayout.allCases)
    func rectangles(type: PixelType, layout: PixelLayout) throws {
        let file = try Photo.bytes("wide_420")
        let format = PixelFormat(type, layout)
        let reader = try ImageReader(ImageOptions(format: format))
        for (number, (region, width, height)) in Self.cases.enumerated() {
            for isMirrored in [false, true] {
                reader.keepsBytes = number.isMultiple(of: 2)
                let memory = try filled(format.byteCount(width: width, height: height)) {
                    try reader.read(
                        file.span, .init(region: region, isMirrored: isMirrored), width: width,
                        height: height, into: &$0)
                }
                let expected = try steps(
                    file, region, width, height, format, isMirrored: isMirrored)
                #expect(memory == expected.memory, "\(region) to \(width)×\(height)")
                if reader.keepsBytes { #expect(reader.bytes == expected.bytes) }
            }
            #expect(
                format.shape(count: 2, width: width, height: height)
                    == (layout == .channelsFirst
                        ? [2, 3, height, width] : [2, height, width, 3]))
        }
    }

    @Test("An image in memory becomes the same, in one go", arguments: PixelLayout.allCases)
    func straightToBatch(layout: PixelLayout) throws {
        let file = try Photo.bytes("wide_420")
        let format = PixelFormat(.float32, layout)
        let resampler = try Resampler()
        for (region, width, height) in Self.cases {
            let image = try ImageDecoder().decode(file.span, region: region)
            let memory = try filled(format.byteCount(width: width, height: height)) {
                try resampler.resize(image, width: width, height: height, format, into: &$0)
            }
            #expect(
                try memory
                    == steps(file, region, width, height, format, isMirrored: false).memory)
        }
    }

    @Test("All instruction sets read the same rectangles")
    func kernels() throws {
        let file = try Photo.bytes("wide_420")
        for (region, width, height) in Self.cases {
            var first: [UInt8]?
            for kernel in ResampleKernel.available {
                let reader = try ImageReader(filter: .lanczos, kernel: kernel)
                let memory = try filled(PixelFormat().byteCount(width: width, height: height)) {
                    try reader.read(
                        file.span, .init(region: region), width: width, height: height, into: &$0)
                }
                #expect(first == nil || first == memory, "\(kernel) \(region)")
                first = memory
            }
        }
    }

    @Test("JPEGs that shrink while they are decoded come near the exact rectangles")
    func fast() throws {
        let file = try Photo.bytes("wide_420")
        func bytes(
            _ decoding: ImageDecoding, _ region: PixelRegion, _ width: Int, _ height: Int
        ) throws -> [UInt8] {
            let reader = try ImageReader(
                ImageOptions(
                    decoding: decoding, format: PixelFormat(.uint8, .channelsLast)))
            return try filled(3 * width * height) {
                try reader.read(
                    file.span, .init(region: region), width: width, height: height, into: &$0)
            }
        }
        for (region, width, height) in [
            (PixelRegion(x: 0, y: 0, width: 128, height: 96), 64, 32),
            (PixelRegion(x: 3, y: 1, width: 128, height: 96), 32, 24),
            (PixelRegion(x: 3, y: 5, width: 127, height: 61), 40, 12),
            (PixelRegion(x: 50, y: 0, width: 40, height: 97), 20, 24),
        ] {
            let exact = try bytes(.exact, region, width, height)
            let near = try bytes(.fast, region, width, height)
            #expect(exact != near)
            let squares = zip(exact, near).reduce(0.0) {
                let distance = Double($1.0) - Double($1.1)
                return $0 + distance * distance
            }
            let psnr = 10 * log10(255 * 255 * Double(exact.count) / squares)
            #expect(psnr > 28, "\(region) to \(width)×\(height): \(psnr) dB")
        }
        // One edge couldn't be shrunk: nothing is.
        let flat = PixelRegion(x: 0, y: 0, width: 128, height: 96)
        #expect(try bytes(.fast, flat, 16, 90) == bytes(.exact, flat, 16, 90))
    }

    @Test(
        "Sizes that no image of a batch has, regions outside and memory of another size are refused"
    )
    func refusals() throws {
        let file = try Photo.bytes("wide_420")
        let reader = try ImageReader()
        let region = PixelRegion(x: 0, y: 0, width: 90, height: 40)
        let outside = PixelRegion(x: 100, y: 0, width: 90, height: 40)
        for (region, width, height, count, reason) in [
            (region, 0, 16, 0, "0×16 pixels: edges must be in 1 ... 16384"),
            (region, 16, 16385, 64, "16×16385 pixels: edges must be in 1 ... 16384"),
            (region, .max, .max, 64, "\(Int.max)×\(Int.max) pixels: edges must be in 1 ... 16384"),
            (region, 16, 8, 1532, "room for 1532 bytes of pixels, not 1536"),
            (outside, 16, 8, 1536, "\(outside) lies outside an image of 131×97"),
        ] {
            #expect(throws: ImageError(.badRequest, reason)) {
                _ = try filled(count) {
                    try reader.read(
                        file.span, .init(region: region), width: width, height: height, into: &$0)
                }
            }
        }
    }
}
