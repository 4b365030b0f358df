import Foundation
import RedCapsImage
import TestSupport
import Testing

/// The committed files of every format but JPEG, and what Pillow makes of them.
struct FormatGolden: Decodable {
    struct File: Decodable {
        struct Pixels: Decodable {
            let width: Int
            let height: Int
            let sha256: String
        }

        let name: String
        let base64: String
        let pixels: Pixels?
        let orientation: Int?

        var bytes: [UInt8] { [UInt8](Data(base64Encoded: base64) ?? Data()) }
    }

    let files: [File]
    /// For each length that a file is cut at, "." if it is accepted and "X" if not.
    let cuts: [String: String]
    /// For each changed byte, the beginning of the pixels' hash or nil.
    let changes: [String: [String?]]

    static let shared = try? Fixture.decode(FormatGolden.self, from: "formats.json")

    static func files(_ format: ImageFormat) -> [File] {
        shared?.files.filter { $0.name.hasPrefix(format.rawValue.lowercased() + " ") } ?? []
    }

    static let damaged = (shared?.cuts.keys.sorted() ?? []).filter { name in
        ImageFormat.allCases.contains {
            $0.isDecoded && name.hasPrefix($0.rawValue.lowercased() + " ")
        }
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        try #require(shared?.files.first { $0.name == name }).bytes
    }
}

@Suite("Image formats other than JPEG")
struct FormatTests {
    static let formats = ImageFormat.allCases.filter { $0 != .jpeg }
    static let switchedOn = formats.filter(\.isDecoded)
    static let switchedOff = formats.filter { !$0.isDecoded }

    @Test("What Pillow refuses is refused, and all else has Pillow's pixels", arguments: switchedOn)
    func pixels(format: ImageFormat) throws {
        let files = FormatGolden.files(format)
        #expect(files.count > 30)
        let decoder = try ImageDecoder()
        for file in files {
            let image = decoded(file.bytes, with: decoder)
            #expect(image?.width == file.pixels?.width, "\(file.name)")
            #expect(image?.height == file.pixels?.height, "\(file.name)")
            #expect(image.map { sha256($0.pixels) } == file.pixels?.sha256, "\(file.name)")
        }
    }

    @Test("A rectangle has the whole's pixels", arguments: switchedOn)
    func rectangles(format: ImageFormat) throws {
        let decoder = try ImageDecoder()
        for file in FormatGolden.files(format) where file.pixels != nil {
            let bytes = file.bytes
            let whole = try decoder.decode(bytes.span)
            guard whole.width * whole.height < 10_000 else { continue }
            for (x, y, width, height) in [
                (0, 0, 1, 1), (whole.width - 1, whole.height - 1, 1, 1),
                (whole.width / 3, whole.height / 4, whole.width / 2, whole.height / 2),
                (0, whole.height / 2, whole.width, 1),
            ] where width > 0 && height > 0 {
                let region = PixelRegion(x: x, y: y, width: width, height: height)
                let part = try decoder.decode(bytes.span, region: region)
                #expect(part.pixels == cropped(whole, region), "\(region) of \(file.name)")
            }
            #expect(throws: ImageError.self) {
                try decoder.decode(
                    bytes.span,
                    region: PixelRegion(x: 1, y: 0, width: whole.width, height: whole.height))
            }
        }
    }

    @Test("Headers tell format, size and orientation", arguments: switchedOn)
    func headers(format: ImageFormat) throws {
        let decoder = try ImageDecoder()
        for file in FormatGolden.files(format) {
            guard let pixels = file.pixels else { continue }
            let bytes = file.bytes
            let header = try decoder.header(of: bytes.span)
            #expect(header.format == format)
            #expect(header.width == pixels.width && header.height == pixels.height)
            #expect(header.orientation.rawValue == file.orientation, "\(file.name)")
        }
    }

    @Test("A file becomes the square that resampling its pixels gives", arguments: switchedOn)
    func squares(format: ImageFormat) throws {
        let file = try #require(
            FormatGolden.files(format).last { $0.pixels?.width == 21 && $0.orientation != 1 }
                ?? FormatGolden.files(format).last { $0.pixels?.width == 21 })
        let bytes = file.bytes
        for decoding in ImageDecoding.allCases {
            let reader = try SquareImageReader(imageSize: 8, ImageOptions(decoding: decoding))
            reader.keepsBytes = true
            let region = try reader.header(of: bytes.span).square(at: 2)
            var floats = [Float](repeating: 0, count: 3 * 64)
            var span = floats.mutableSpan
            try reader.read(bytes.span, region: region, into: &span)
            let square = try ImageDecoder().decode(bytes.span, region: region)
            #expect(
                reader.bytes == (try Resampler().resize(square, width: 8, height: 8)).pixels)
        }
    }

    @Test(
        "Cut at any length, a file is refused or accepted as Pillow does",
        arguments: FormatGolden.damaged)
    func cuts(name: String) throws {
        let bytes = try FormatGolden.bytes(name)
        let verdicts = Array(try #require(FormatGolden.shared?.cuts[name]).utf8)
        #expect(verdicts.count == bytes.count + 1)
        let decoder = try ImageDecoder()
        for (length, verdict) in verdicts.enumerated() {
            let cut = Array(bytes[..<length])
            #expect(
                (decoded(cut, with: decoder) != nil)
                    == (verdict == UInt8(ascii: ".")), "\(length) bytes")
        }
    }

    @Test(
        "With one byte changed, verdict and pixels are Pillow's",
        arguments: FormatGolden.damaged)
    func changes(name: String) throws {
        let bytes = try FormatGolden.bytes(name)
        let golden = try #require(FormatGolden.shared?.changes[name])
        let decoder = try ImageDecoder()
        var draw = Congruential(1)
        for (number, expected) in golden.enumerated() {
            let image = decoded(
                damaged(bytes, draw.next()), with: decoder)
            #expect(
                image.map { String(sha256($0.pixels).prefix(16)) } == expected, "change \(number)")
        }
    }

    @Test(
        "A name's end tells an image, in small and large letters, also of formats that aren't decoded"
    )
    func names() {
        for name in [
            "a.jpg", "b/c.JPEG", ".d.jfif", "e.PNG", "f.webp", "g.gif", "h.tiff", "i.heic",
        ] {
            #expect(ImageFormat.isImageName(name), "\(name)")
        }
        for name in ["jpg", "a.json", "a.jpg.txt", "a.", "", "a.jpgx"] {
            #expect(!ImageFormat.isImageName(name), "\(name)")
        }
        let usual = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "avif"]
        #expect(usual.map { ImageFormat.rank(ofSuffix: $0) } == [0, 1, 2, 3, 4, 5, 6])
        #expect(ImageFormat.rank(ofSuffix: "JPG") == 0)
        #expect(ImageFormat.rank(ofSuffix: "jfif") == nil)
    }

    @Test(
        "A format that is switched off is refused with its name and the trait's",
        arguments: switchedOff)
    func trait(format: ImageFormat) throws {
        let bytes = try #require(FormatGolden.files(format).first).bytes
        let error = #expect(throws: ImageError.self) { try ImageDecoder().header(of: bytes.span) }
        #expect(error?.code == .unsupported)
        #expect(error?.reason.contains("\(format.rawValue) isn't decoded by this build") ?? false)
        #expect(error?.reason.contains("trait \"\(format.rawValue)\"") ?? false)
    }

    @Test(
        "A format that isn't decoded at all is refused with its name",
        arguments: [
            ("qoif\0\0", "QOI"), ("II*\0\u{8}\0\0\0", "TIFF"),
            ("MM\0*\0\0\0\u{8}", "TIFF"), ("\0\0\0 ftypmif1", "HEIF"),
            ("\0\0\0 ftypheic", "HEIF"), ("\0\0\0 ftypisom", "MP4"), ("8BPS\0\u{1}", "PSD"),
            ("P6\n1 1\n255\nabc", "PPM"), ("<!DOCTYPE html>", "HTML"), ("%PDF-1.7", "PDF"),
            ("RIFF\u{10}\0\0\0WAVEfmt ", "begins with 52 49 46 46"), ("??", "begins with 3F 3F"),
        ])
    func unknown(file: String, name: String) throws {
        let bytes = Array(file.utf8)
        let error = #expect(throws: ImageError.self) { try ImageDecoder().header(of: bytes.span) }
        #expect(error?.code == .unknownFormat)
        #expect(error?.reason.contains(name) ?? false, "\(error?.reason ?? "")")
    }

    @Test("BMP needs no trait, and a format that is known says what to do")
    func always() throws {
        #expect(ImageFormat.bmp.isDecoded)
        let tiff = Array("II*\0\u{8}\0\0\0".utf8)
        let error = #expect(throws: ImageError.self) { try ImageDecoder().header(of: tiff.span) }
        let reason = try #require(error?.reason)
        #expect(reason.hasPrefix("TIFF isn't decoded, only JPEG, "), "\(reason)")
        #expect(reason.contains("convert the files, or bring a decoder"), "\(reason)")
    }

    @Test("Limits of pixels and of bytes are kept, for whole images, headers and squares")
    func limits() throws {
        let bytes = try Photo.bytes("tiny_81")
        for limits in [
            ImageLimits(maxPixels: 81 * 81 - 1), ImageLimits(maxBytes: bytes.count - 1),
        ] {
            let decoder = try ImageDecoder(limits: limits)
            var error = #expect(throws: ImageError.self) { try decoder.header(of: bytes.span) }
            #expect(error?.code == .tooLarge)
            error = #expect(throws: ImageError.self) { try decoder.decode(bytes.span) }
            #expect(error?.code == .tooLarge)
            let reader = try SquareImageReader(imageSize: 8, ImageOptions(limits: limits))
            error = #expect(throws: ImageError.self) { try reader.header(of: bytes.span) }
            #expect(error?.code == .tooLarge)
        }
        let exact = ImageLimits(maxPixels: 81 * 81, maxBytes: bytes.count)
        #expect(try ImageDecoder(limits: exact).header(of: bytes.span).width == 81)
    }
}
