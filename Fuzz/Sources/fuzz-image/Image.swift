import Foundation
import FuzzSupport
import RedCapsImage

/// The input is four bytes of options and a file: how it is decoded, how large the square becomes,
/// which square, and how it is turned.
///
/// Squares come out of the reader as out of its parts, or are refused by both; what downsampling
/// writes can be read.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 4 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    let file = Array(input[4...])
    do throws(ImageError) {
        if input[0] & 64 == 0 {
            try read(file, input[0], size: 1 + Int(input[1]), offset: Int(input[2]))
        } else {
            try downsample(file, input[0], edge: 1 + Int(input[1]))
        }
    } catch {
        check(error.code != .badRequest, "\(error)")
    }
    return 0
}

/// Writes the first inputs. libFuzzer calls it once, before all else.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    let format = ProcessInfo.processInfo.environment["REDCAPS_FUZZ_TARGET"] ?? "jpeg"
    // Exact; fast with another format and the orientation; downsampled.
    plant(
        fixtures(format).flatMap { file in
            [[0, 16, 0, 0] + file, [0b11111, 11, 5, 0] + file, [0b1010010, 10, 0, 0] + file]
        })
    return 0
}

/// The images of the tests.
private func fixtures(_ format: String) -> [[UInt8]] {
    struct Formats: Decodable {
        struct File: Decodable {
            let name: String
            let base64: String
        }

        let files: [File]
    }

    let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Tests/Fixtures").standardized
    if format == "jpeg" {
        let files = try? FileManager.default.contentsOfDirectory(
            at: folder.appending(path: "jpegs"), includingPropertiesForKeys: nil)
        return (files ?? []).compactMap { try? Array(Data(contentsOf: $0)) }
    }
    guard let json = try? Data(contentsOf: folder.appending(path: "formats.json")),
        let formats = try? JSONDecoder().decode(Formats.self, from: json)
    else { return [] }
    return formats.files.filter { $0.name.hasPrefix("\(format) ") }
        .compactMap { Data(base64Encoded: $0.base64).map { Array($0) } }
}

private func downsample(_ file: [UInt8], _ flags: UInt8, edge: Int) throws(ImageError) {
    let options = try DownsamplingOptions(
        shortestEdge: edge, quality: 50, isProgressive: flags & 1 != 0,
        profile: [.keep, .convert, .drop][Int(flags >> 1 & 3) % 3],
        appliesOrientation: flags & 16 != 0, keepsMetadata: flags & 8 != 0,
        limits: ImageLimits(maxPixels: 1 << 19))
    let output = try Downsampler(options).downsample(file.span)
    guard let bytes = output.bytes else { return }
    do throws(ImageError) {
        let image = try ImageDecoder().decode(bytes.span)
        check(
            (image.width, image.height) == (output.width, output.height)
                && min(image.width, image.height) <= max(edge, 1), "a wrong size")
    } catch {
        check(false, "what was written can't be read: \(error)")
    }
}

private func read(
    _ file: [UInt8], _ flags: UInt8, size: Int, offset: Int
) throws(ImageError) {
    let options = ImageOptions(
        decoding: flags & 1 == 0 ? .exact : .fast,
        format: PixelFormat(
            PixelType.allCases[Int(flags >> 1 & 3)], flags & 8 == 0 ? .channelsFirst : .channelsLast
        ),
        appliesOrientation: flags & 16 != 0, limits: ImageLimits(maxPixels: 1 << 19))
    let reader = try SquareImageReader(imageSize: size, options)
    reader.keepsBytes = true
    let header = try reader.header(of: file.span)
    let region = header.square(at: min(offset, abs(header.width - header.height)))
    // Words, so that it is aligned for every type; what doesn't fill them is another input's turn.
    let byteCount = options.format.byteCount(width: size, height: size)
    guard byteCount % 4 == 0 else { return }
    var words = [UInt32](repeating: 0, count: byteCount / 4)
    var pixels: [UInt8] = []
    var failure: ImageError?
    do throws(ImageError) {
        var span = words.mutableSpan
        var memory = span.mutableBytes
        try reader.read(file.span, region: region, isMirrored: flags & 32 != 0, into: &memory)
        pixels = reader.bytes
    } catch { failure = error }
    guard options.decoding == .exact, !options.appliesOrientation, flags & 32 == 0 else {
        if let failure { throw failure }
        return
    }
    // Whole, then cut, then resampled.
    let whole = Result { () throws(ImageError) in try ImageDecoder().decode(file.span) }
    switch (whole, failure) {
    case (.success(let image), nil):
        var cut: [UInt8] = []
        for y in region.y..<(region.y + region.height) {
            let start = (y * image.width + region.x) * 3
            cut += image.pixels[start..<(start + region.width * 3)]
        }
        let expected = try Resampler().resize(
            PixelBuffer(width: region.width, height: region.height, pixels: cut), width: size,
            height: size)
        check(expected.pixels == pixels, "\(region) of \(header) to \(size) differs")
    case (.failure(let expected), .some(let found)):
        check(expected.code == found.code, "\(found) instead of \(expected)")
        throw found
    case (.success, .some(let found)): check(false, "refused: \(found)")
    case (.failure(let expected), nil): check(false, "accepted, in spite of \(expected)")
    }
}
