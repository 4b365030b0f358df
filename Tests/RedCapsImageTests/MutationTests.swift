import Foundation
import RedCapsImage
import TestSupport
import Testing

/// `REDCAPS_MUTATIONS` says how many files of each format are changed; the same seed gives the same
/// changes.
private let mutationCount =
    ProcessInfo.processInfo.environment["REDCAPS_MUTATIONS"].flatMap { Int($0) } ?? 500

@Suite("Images that were changed at random")
struct MutationTests {
    /// Changes some bytes, takes some out or puts some in, or cuts the file.
    private func mutate(_ bytes: inout [UInt8], _ draw: inout Congruential) {
        func number(below limit: Int) -> Int { Int(draw.next() >> 8) % limit }
        for _ in 0..<(1 + number(below: 4)) where !bytes.isEmpty {
            let place = number(below: bytes.count)
            switch number(below: 12) {
            case 0: bytes.removeSubrange(place...)
            case 1: bytes.removeSubrange(place..<min(place + 1 + number(below: 20), bytes.count))
            case 2:
                let count = 1 + number(below: 20)
                bytes.insert(
                    contentsOf: (0..<count).map { _ in UInt8(number(below: 256)) }, at: place)
            case 3, 4: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][number(below: 5)]
            case 5, 6: bytes[place] = UInt8(number(below: 256))
            // The first bytes decide the most.
            case 7, 8: bytes[number(below: min(64, bytes.count))] = UInt8(number(below: 256))
            default: bytes[place] ^= 1 << UInt8(number(below: 8))
            }
        }
    }

    /// Small files to begin with.
    private func files(_ format: ImageFormat) throws -> [[UInt8]] {
        let files =
            format == .jpeg
            ? try Photo.accepted.map { try Photo.bytes($0) }
            : FormatGolden.files(format).map(\.bytes)
        return files.filter { $0.count < 8192 }
    }

    @Test(
        "A changed image is an error, or pixels of which a square has the same",
        arguments: ImageFormat.allCases.filter(\.isDecoded))
    func changed(format: ImageFormat) throws {
        let files = try files(format)
        #expect(files.count > 20)
        // What is larger takes longer, not another way.
        let limits = ImageLimits(maxPixels: 1 << 20)
        let whole = try ImageDecoder(limits: limits)
        let squares = try SquareImageReader(imageSize: 8, ImageOptions(limits: limits))
        squares.keepsBytes = true
        var pixels = [Float](repeating: 0, count: 3 * 64)
        var draw = Congruential(7)
        var accepted = 0
        var slowest = Duration.zero
        for number in 0..<mutationCount {
            var file = files[number % files.count]
            mutate(&file, &draw)
            let start = ContinuousClock.now
            defer { slowest = max(slowest, .now - start) }
            // Codes that a caller's mistake has don't come from a file.
            do throws(ImageError) {
                let image = try whole.decode(file.span)
                accepted += 1
                let header = try whole.header(of: file.span)
                #expect((image.width, image.height) == (header.width, header.height))
                let region = header.square(at: 0)
                var span = pixels.mutableSpan
                try squares.read(file.span, region: region, into: &span)
                let square = try PixelBuffer(
                    width: region.width, height: region.height, pixels: cropped(image, region))
                let expected = try Resampler().resize(square, width: 8, height: 8)
                #expect(squares.bytes == expected.pixels, "change \(number)")
            } catch {
                #expect(error.code != .badRequest && error.code != .noMemory, "change \(number)")
            }
        }
        #expect(accepted > 0)
        #expect(slowest < .seconds(30), "\(slowest)")
    }
}
