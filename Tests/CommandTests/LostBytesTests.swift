import Foundation
import RedCapsFixtures
import RedCapsTar
import TestSupport
import Testing

@Suite("What every verb says of shards that end too early or go on too late")
struct LostBytesTests {
    private let demo: DemoSet
    private var folder: TemporaryFolder { demo.folder }

    init() throws { demo = try DemoSet() }

    private static let verbs = [
        ["index", "raw"], ["verify", "raw"], ["extract", "raw", "--into", "e"],
        ["pack", "raw/00000.tar", "raw/00001.tar", "--into", "p"],
        ["downsample", "raw", "--into", "o", "--shortest-edge", "90"],
        ["load", "--config", "redcaps5m.json", "--batches", "1", "--batch-size", "2"],
        ["digest", "--config", "redcaps5m.json", "--all", "--on-error", "report"],
    ]

    private func run(_ verb: [String]) throws -> ProgramResult {
        try TestSupport.run(try Redcaps.path(), verb, in: folder.path)
    }

    @Test("A hole is told with its first byte and its length, and is exit code 1")
    func hole() throws {
        let listing = ShardListing(path: folder["raw/00000.tar"])
        let start = Int(listing.members[1].offset) - 512
        let end = Int(try #require(listing.members.last).offset) - 512
        try folder.overwrite(
            "raw/00000.tar", at: start, [UInt8](repeating: 0, count: end - start))
        for verb in Self.verbs {
            let result = try run(verb)
            let said = result.errors + result.output
            #expect(result.status == 1, "\(verb): \(said)")
            #expect(said.contains("at byte \(start)"), "\(verb): \(said)")
            #expect(said.contains("\(end - start) bytes are lost"), "\(verb): \(said)")
        }
    }

    @Test(
        "Every verb tells the same place of a cut member and of a damaged header",
        arguments: [true, false])
    func samePlace(isCut: Bool) throws {
        let bytes = try folder.bytes("raw/00000.tar")
        let member = ShardListing(path: folder["raw/00000.tar"]).members[3]
        let header = Int(member.offset) - 512
        if isCut {
            try folder.write("raw/00000.tar", bytes[..<(header + 612)])
        } else {
            try folder.overwrite("raw/00000.tar", at: header + 10, [0xFF])
        }
        let place = isCut ? header + 512 : header
        for verb in Self.verbs {
            let result = try run(verb)
            let said = result.errors + result.output
            #expect(result.status == 1, "\(verb): \(said)")
            #expect(said.contains("at byte \(place)"), "\(verb): \(said)")
        }
    }

    @Test("Another archive behind the first is served, with a word")
    func joined() throws {
        let (first, second) = (
            try folder.bytes("raw/00000.tar"), try folder.bytes("raw/00001.tar")
        )
        try folder.write("raw/00000.tar", first + second)
        try folder.remove("raw/00001.tar")
        for verb in Self.verbs {
            let result = try run(verb.filter { $0 != "raw/00001.tar" })
            let said = result.errors + result.output
            // For programs that end at the first end marker it is lost: the two that look say so.
            let looks = ["verify", "index"].contains(verb[0])
            #expect(result.status == (looks ? 1 : 0), "\(verb): \(said)")
            #expect(said.contains("another archive"), "\(verb): \(said)")
        }
    }

    @Test("A missing end marker alone is a warning")
    func noMarker() throws {
        let bytes = try folder.bytes("raw/00000.tar")
        let last = try #require(ShardListing(path: folder["raw/00000.tar"]).members.last)
        let end = (Int(last.offset + last.size) + 511) / 512 * 512
        try folder.write("raw/00000.tar", bytes.prefix(end))
        for verb in Self.verbs {
            let result = try run(verb)
            let said = result.errors + result.output
            #expect(result.status == (verb[0] == "verify" ? 1 : 0), "\(verb): \(said)")
            #expect(said.contains("no end marker"), "\(verb): \(said)")
        }
    }

    @Test("pack doesn't advise to pack a tar that it can't pack")
    func adviceOfPack() throws {
        try folder.write(
            "a.tar", paxHeader("path", "z", type: "g") + tarBytes(["00000/a.txt": "hi"]))
        let result = try run(["pack", "a.tar", "--into", "p"])
        #expect(result.status == 1)
        #expect(result.errors.contains("global header"))
        #expect(!result.errors.contains("pack it again"))
    }
}
