import RedCapsJobs
import RedCapsTar
import TestSupport
import Testing

@Suite("The structure of shards")
struct ShardCheckTests {
    private func findings(_ bytes: [UInt8]) throws -> [String] {
        let folder = try TemporaryFolder()
        let path = try folder.write("0.tar", bytes)
        return ShardCheck(path, nil).findings.map { "\($0.kind) at \($0.byteOffset ?? 0)" }
    }

    private let member = tarHeader("a.jpg", size: 5) + tarBody("photo")

    @Test("A sound shard, with or without padding after the end marker, is sound")
    func sound() throws {
        #expect(try findings(member + tarEnd).isEmpty)
        #expect(try findings(member + tarEnd + [UInt8](repeating: 0, count: 9000)).isEmpty)
    }

    @Test("A shard without an end marker may have been cut")
    func noMarker() throws {
        #expect(try findings(member) == ["noEndMarker at 1024"])
    }

    @Test("Data after the end marker are told, and another archive is told as such")
    func trailing() throws {
        #expect(try findings(member + tarEnd + [0, 0, 7]) == ["trailingData at 2050"])
        let folder = try TemporaryFolder()
        let path = try folder.write("0.tar", member + tarEnd + member + tarEnd)
        let finding = try #require(ShardCheck(path, nil).findings.first)
        #expect(finding.reason.contains("another archive"))
    }

    @Test("Cuts, damage, compression and unsafe names are told by their kind and place")
    func failures() throws {
        #expect(try findings(Array(member.prefix(514))) == ["truncated at 512"])
        var damaged = member + member + tarEnd
        damaged[1024 + 3] ^= 1
        #expect(try findings(damaged) == ["damaged at 1024"])
        #expect(try findings([0x1F, 0x8B, 8, 0]) == ["compressed at 0"])
        #expect(
            try findings(tarHeader("../a.jpg", size: 5) + tarBody("photo") + tarEnd)
                == ["unsafePath at 512"])
        #expect(ShardCheck("/nowhere/0.tar", nil).findings.map(\.kind) == [.unreadable])
    }

    @Test("A path that is too long for an index is unsafe")
    func longPath() throws {
        let long = String(repeating: "n/", count: 60_000) + "x.jpg"
        let bytes =
            paxHeader("path", long) + tarHeader("c.jpg", size: 5) + tarBody("photo") + tarEnd
        #expect(try findings(bytes).map { $0.prefix { $0 != " " } } == ["unsafePath"])
    }
}
