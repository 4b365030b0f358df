import RedCapsImage
import TestSupport
import Testing

@Suite("Damaged JPEGs")
struct DamageTests {
    @Test(
        "Cut at any length, a file is refused or accepted as Pillow does",
        arguments: [
            "tiny_81", "tiny_81_progressive",
        ])
    func cuts(name: String) throws {
        let bytes = try Photo.bytes(name)
        let verdicts = Array(try #require(try Photo.damaged().cuts[name]).utf8)
        #expect(verdicts.count == bytes.count + 1)
        let decoder = try JPEGDecoder()
        for (length, verdict) in verdicts.enumerated() {
            let isAccepted = decoded(Array(bytes[..<length]), with: decoder) != nil
            #expect(isAccepted == (verdict == UInt8(ascii: ".")), "\(length) bytes")
        }
    }

    @Test("A cut file is refused for a square that lies above the cut, too")
    func cutBelow() throws {
        let bytes = try Photo.bytes("tall_420")
        let decoder = try JPEGDecoder()
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
        let decoder = try JPEGDecoder()
        var draw = Congruential(1)
        for (number, expected) in golden.enumerated() {
            let state = draw.next()
            var damaged = bytes
            let position = Int(state >> 8) % bytes.count
            if state & 0x80 != 0 {
                damaged[position] = UInt8(state & 0xFF)
            } else {
                damaged[position] ^= 1 << UInt8(state & 7)
            }
            let pixels = decoded(damaged, with: decoder)
            #expect(
                pixels.map { String(sha256($0.pixels).prefix(16)) } == expected,
                "damage \(number) at byte \(position)")
        }
    }

    @Test("No image leaves anything to the next one that the decoder reads")
    func noLeftovers() throws {
        let decoder = try JPEGDecoder()
        for name in Photo.compared {
            let bytes = try Photo.bytes(name)
            #expect(
                decoded(bytes, with: decoder) == decoded(bytes, with: try JPEGDecoder()), "\(name)")
        }
    }

    @Test("Any mangled file ends in pixels or an error")
    func mangled() throws {
        let decoder = try JPEGDecoder()
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
