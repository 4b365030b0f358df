import RedCapsCore
import TestSupport
import Testing

@Suite("Lists of samples, and what json.load makes of them")
struct ListGoldenTests {
    /// A document, and its entries' images and annotations, or nothing if it is refused.
    private struct Row: Decodable {
        let document: [UInt8]
        let entries: [[String?]]?

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            document = Array(hex: try values.decode(String.self))
            entries = try values.decodeNil() ? nil : values.decode([[String?]].self)
        }
    }

    /// What stands before the list: nothing, or blanks that put a piece's end at one of its bytes.
    private func blanks(_ draw: Int, _ count: Int) -> [UInt8] {
        draw == 0 || count == 0
            ? [] : [UInt8](repeating: 0x20, count: 1 << 20 - draw * 7 % count)
    }

    @Test("Every document is accepted or refused as by json.load, with the same paths")
    func golden() throws {
        let rows: [Row] = try Fixture.decode(from: "lists.json")
        #expect(rows.count == 948)
        let folder = try TemporaryFolder.inMemory()
        for (number, row) in rows.enumerated() {
            let text = String(decoding: row.document.prefix(80), as: UTF8.self)
            let lead = blanks(number % 3, row.document.count)
            try folder.write("list.json", lead + row.document)
            guard let entries = row.entries else {
                #expect(throws: ManifestError.self, "\(text)") {
                    try Manifest(path: folder["list.json"])
                }
                continue
            }
            let manifest = try Manifest(path: folder["list.json"])
            try #require(manifest.count == entries.count, "\(text)")
            for (entry, paths) in entries.enumerated() {
                for (ours, theirs) in zip(
                    [manifest.image(entry), manifest.annotation(entry)], paths)
                {
                    #expect(ours.utf8.elementsEqual((theirs ?? "").utf8), "\(text)")
                }
            }
        }
    }
}
