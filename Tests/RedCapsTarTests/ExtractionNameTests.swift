import Foundation
import RedCapsBase
import RedCapsTar
import TestSupport
import Testing

@Suite("Extraction: equal names, and shards that go on behind their end")
struct ExtractionNameTests {
    private let set: ExtractionSet

    init() throws { set = try ExtractionSet() }

    private func write(_ shard: String, _ text: String) throws {
        try set.folder.write("raw/\(shard).tar", tarBytes(["0.txt": text, "1.txt": text]))
    }

    @Test("A shard whose names another has isn't unpacked over it, and that is told")
    func equalNames() throws {
        for shard in ["a", "b", "c"] { try write(shard, shard) }
        for _ in 0..<2 {
            let report = try set.extract()
            #expect((report.shards, report.files, report.replaced) == (1, 2, 0))
            #expect(report.refused.map(\.code) == [.occupied, .occupied])
            #expect(report.refused.first?.file == "\(set.raw)/b.tar")
            #expect(report.refused.first?.reason.contains("a.tar") == true)
            #expect(try set.folder.bytes("out/tree/0.txt") == Array("a".utf8))
        }
        try Extraction.forget(set.out)
        try set.folder.remove("out/tree")
        let report = try set.extract(layout: .perShard)
        #expect((report.shards, report.files, report.refused.count) == (3, 6, 0))
        #expect(try set.folder.bytes("out/tree/b/1.txt") == Array("b".utf8))
    }

    @Test("A shard that has changed replaces its own files")
    func changed() throws {
        try write("a", "old")
        #expect(try set.extract().replaced == 0)
        try write("a", "new")
        try set.folder.setTime("raw/a.tar", 1_500_000_000)
        let report = try set.extract()
        #expect((report.shards, report.files, report.replaced) == (1, 2, 2))
        #expect(report.firstReplaced == "0.txt")
        #expect(report.refused.isEmpty)
        #expect(try set.folder.bytes("out/tree/0.txt") == Array("new".utf8))
    }

    @Test("Files with a folder that replace others are counted, within a shard and between shards")
    func replaced() throws {
        try set.folder.write("raw/a.tar", tarBytes(["f/0": "a", "f/0": "b", "f/1": "c"]))
        try set.folder.write("raw/b.tar", tarBytes(["f/1": "d"]))
        for _ in 0..<2 {
            let report = try set.extract()
            #expect((report.files, report.replaced, report.firstReplaced) == (3, 2, "f/0"))
            #expect(report.bytes == 3)
            #expect(report.refused.isEmpty)
        }
        #expect(try set.folder.bytes("out/tree/f/1") == Array("d".utf8))
    }

    @Test("What an unfinished run has unpacked of another state of a shard isn't kept")
    func staleStaging() throws {
        try write("a", "old")
        let cancellation = Cancellation()
        cancellation.cancel()
        _ = try? set.extract(cancellation: cancellation)
        // As a killed run leaves it: files with the size and time that they have in the shard.
        try set.extract()
        try set.folder.remove("out/tree")
        try set.folder.remove("out/tree.extracting/a.tar.done")
        try set.folder.write("out/tree.extracting/a.tar.staging/0.txt", "old")
        try set.folder.setTime("out/tree.extracting/a.tar.staging/0.txt", 0o14524770000)
        try write("a", "new")
        try set.extract()
        #expect(try set.folder.bytes("out/tree/0.txt") == Array("new".utf8))
    }

    @Test("Archives that were joined are unpacked whole, plain and compressed, and that is told")
    func joined() throws {
        let first = tarBytes(["a/0": "0", "a/1": "1"])
        let second = tarBytes(["b/0": "0"])
        try set.folder.write("raw/plain.tar", first + second)
        try set.folder.write("raw/linked.tar", tarHeader("l", size: 0, type: "1") + first + second)
        try set.folder.write("raw/gz.tar", first + second)
        try #require(try set.compress("gzip", "gz.tar"))
        try set.folder.write("raw/twice.tar", first)
        try set.folder.write("raw/other.tar", second)
        try #require(try set.compress("gzip", "twice.tar"))
        try #require(try set.compress("gzip", "other.tar"))
        let both =
            try set.folder.bytes("raw/twice.tar.gz") + set.folder.bytes("raw/other.tar.gz")
        try set.folder.write("raw/twice.tar.gz", both)
        try set.folder.remove("raw/other.tar.gz")
        let report = try set.extract(layout: .perShard)
        #expect(report.warnings.count == 4)
        #expect(report.warnings.allSatisfy { $0.reason.contains("another archive") })
        for shard in ["plain", "linked", "gz", "twice"] {
            #expect(try set.folder.names("out/tree/\(shard)") == ["a", "b"], "\(shard)")
        }
        #expect(try set.extract(layout: .perShard).warnings.count == 4)
    }

    @Test("What is lost in a compressed shard is told, and the rest is unpacked")
    func lost() throws {
        let hole = [UInt8](repeating: 0, count: 40_960)
        try set.folder.write(
            "raw/hole.tar", Array(tarBytes(["a": "0"]).dropLast(1024)) + hole + tarBytes(["b": "1"])
        )
        try set.folder.write("raw/junk.tar", tarBytes(["c": "0"]))
        try #require(try set.compress("gzip", "hole.tar"))
        try #require(try set.compress("gzip", "junk.tar"))
        let junk = try set.folder.bytes("raw/junk.tar.gz") + Array("junk".utf8)
        try set.folder.write("raw/junk.tar.gz", junk)
        let report = try set.extract()
        #expect(report.refused.count == 2)
        #expect(report.refused[0].reason.hasPrefix("40960 bytes are lost"))
        #expect(report.refused[0].byteOffset == 1024)
        #expect(report.refused[1].reason.hasPrefix("4 bytes are lost"))
        #expect(try set.folder.names("out/tree") == ["a", "b", "c"])
    }

    @Test("A compressed shard without an end marker is whole, with a warning")
    func noMarker() throws {
        try set.folder.write("raw/a.tar", Array(tarBytes(["a": "0"]).dropLast(1024)))
        try #require(try set.compress("gzip", "a.tar"))
        let report = try set.extract()
        #expect(report.refused.isEmpty)
        #expect(report.warnings.map(\.code) == [.truncated])
    }

    @Test("A pipe and a link to a device with a shard's name are told, and not waited for")
    func notFiles() throws {
        try write("a", "text")
        try #require(mkfifo(set.folder["raw/b.tar"], 0o600) == 0)
        try #require(symlink("/dev/zero", set.folder["raw/c.tar"]) == 0)
        let report = try set.extract()
        #expect(report.shards == 1)
        #expect(report.refused.map(\.code) == [.notAFile, .notAFile])
    }
}
