import RedCapsImage
import TestSupport
import Testing

@Suite("Damaged JPEGs")
struct DamageTests {
    /// A region whose rows come long before any damage to most files.
    private static let corner = PixelRegion(x: 1, y: 1, width: 9, height: 5)

    @Test(
        "Cut at any length, a file is refused or accepted as Pillow does",
        arguments: [
            "tiny_81", "tiny_81_progressive",
        ])
    func cuts(name: String) throws {
        let bytes = try Photo.bytes(name)
        let verdicts = Array(try #require(try Photo.damaged().cuts[name]).utf8)
        #expect(verdicts.count == bytes.count + 1)
        let decoder = try ImageDecoder()
        for (length, verdict) in verdicts.enumerated() {
            let cut = Array(bytes[..<length])
            let isAccepted = verdict == UInt8(ascii: ".")
            #expect((decoded(cut, with: decoder) != nil) == isAccepted, "\(length) bytes")
            let corner = try? decoder.decode(cut.span, region: Self.corner)
            #expect((corner != nil) == isAccepted, "the corner of \(length) bytes")
        }
    }

    @Test("A cut file is refused for a square that lies above the cut, too")
    func cutBelow() throws {
        let bytes = try Photo.bytes("tall_420")
        let decoder = try ImageDecoder()
        let region = try decoder.header(of: bytes.span).square(at: 0)
        #expect(throws: Never.self) { try decoder.decode(bytes.span, region: region) }
        for missing in [1, 2, 3, 50, 400] {
            let cut = Array(bytes.dropLast(missing))
            let error = #expect(throws: ImageError.self) {
                try decoder.decode(cut.span, region: region)
            }
            #expect(error?.code == .truncated)
        }
    }

    @Test(
        "With one byte changed, verdict and pixels are Pillow's",
        arguments: [
            "tiny_81", "tiny_81_progressive",
        ])
    func changed(name: String) throws {
        let bytes = try Photo.bytes(name)
        let golden = try #require(try Photo.damaged().damaged[name])
        #expect(golden.count == 300)
        let decoder = try ImageDecoder()
        var draw = Congruential(1)
        for (number, expected) in golden.enumerated() {
            let pixels = decoded(damaged(bytes, draw.next()), with: decoder)
            #expect(
                pixels.map { String(sha256($0.pixels).prefix(16)) } == expected, "damage \(number)")
        }
    }

    @Test(
        "With one byte changed, a corner is refused with the whole or equal to it",
        arguments: [
            "tiny_81", "tiny_81_progressive",
        ])
    func changedCorner(name: String) throws {
        let bytes = try Photo.bytes(name)
        let decoder = try ImageDecoder()
        var draw = Congruential(2)
        for number in 0..<2000 {
            let damaged = damaged(bytes, draw.next())
            if let header = try? decoder.header(of: damaged.span),
                header.width * header.height > 1 << 18
            {
                continue
            }
            let whole = decoded(damaged, with: decoder)
            let corner = try? decoder.decode(damaged.span, region: Self.corner)
            #expect(corner?.pixels == whole.map { cropped($0, Self.corner) }, "damage \(number)")
        }
    }

    @Test("No image leaves anything to the next one that the decoder reads")
    func noLeftovers() throws {
        let decoder = try ImageDecoder()
        let accepted = Photo.accepted
        for (number, name) in Photo.compared.enumerated() {
            // Good and bad by turns, and each after others than its neighbours.
            for name in [name, accepted[number * 7 % accepted.count]] {
                let bytes = try Photo.bytes(name)
                let isEqual =
                    decoded(bytes, with: decoder) == decoded(bytes, with: try ImageDecoder())
                #expect(isEqual, "\(name)")
            }
        }
    }

    @Test(
        "Tables that a file lacks aren't those of the file before",
        arguments: [
            ("wide_420", "no_quantization"), ("quality_1", "no_quantization"),
            ("quality_100", "no_huffman"), ("odd_444_progressive", "no_huffman_progressive"),
            ("quality_100", "no_huffman_progressive"),
        ])
    func noLeak(good: String, lacking: String) throws {
        let decoder = try ImageDecoder()
        let tables = try Photo.bytes(good)
        let bytes = try Photo.bytes(lacking)
        let golden = Photo.golden[lacking] ?? nil
        // Read to its end, or only so far that its tables are known.
        for region in [nil, PixelRegion(x: 0, y: 0, width: 1, height: 1)] {
            _ = try decoder.decode(tables.span, region: region)
            #expect(decoded(bytes, with: decoder).map { sha256($0.pixels) } == golden?.sha256)
            _ = try decoder.header(of: tables.span)
            #expect(decoded(bytes, with: decoder).map { sha256($0.pixels) } == golden?.sha256)
            #expect(decoded(Array(tables.dropLast(99)), with: decoder) == nil)
            #expect(decoded(bytes, with: decoder).map { sha256($0.pixels) } == golden?.sha256)
        }
    }

    @Test("Any mangled file ends in pixels or an error")
    func mangled() throws {
        let decoder = try ImageDecoder()
        var draw = Congruential(99)
        for name in [
            "odd_420_progressive", "cmyk", "restart_1b", "exif_rotated", "sequential_scans",
        ] {
            let bytes = try Photo.bytes(name)
            for _ in 0..<150 {
                var mangled = bytes
                for _ in 0..<(1 + draw.next() >> 29) {
                    let position = Int(draw.next() >> 8) % mangled.count
                    switch draw.next() >> 30 {
                    case 0: mangled[position] = UInt8(draw.next() >> 24)
                    case 1: mangled.remove(at: position)
                    case 2: mangled.insert(UInt8(draw.next() >> 24), at: position)
                    default: mangled.removeSubrange(position..<min(position + 40, mangled.count))
                    }
                }
                guard let header = try? decoder.header(of: mangled.span),
                    header.width * header.height < 1 << 20
                else { continue }
                let image = decoded(mangled, with: decoder)
                #expect(image.map { $0.pixels.count == $0.width * $0.height * 3 } ?? true)
            }
        }
    }
}
