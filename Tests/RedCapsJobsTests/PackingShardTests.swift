import RedCapsBase
import RedCapsJobs
import Foundation
import RedCapsTar
import TestSupport
import Testing

@Suite("Shards of a packing")
struct PackingShardTests {
    @Test("Numbered folders become shards of their names, and the list follows them")
    func published() throws {
        let folder = try TemporaryFolder()
        try writeTree(folder, samples: 6, folders: 2, prefix: "0012")
        let report = try Packing.pack(folder["tree"], into: folder["raw"])
        #expect(
            try contents(folder["raw"]).keys.sorted() == ["00120.tar", "00121.tar", "data.json"])
        #expect(
            try memberNames(folder["raw/00121.tar"])
                == [1, 3, 5].flatMap {
                    ["00121/sample-\($0).jpg", "00121/sample-\($0).json"]
                })
        #expect(
            try listedPairs(folder["raw/data.json"])
                == ["00120/sample-0", "00120/sample-2", "00120/sample-4"].map {
                    ["\($0).jpg", "\($0).json"]
                }
                + ["00121/sample-1", "00121/sample-3", "00121/sample-5"].map {
                    ["\($0).jpg", "\($0).json"]
                })
        #expect(report.shards == 2)
        #expect(report.samples == 6)
        #expect(report.files == 12)
        #expect(report.listed == 6)
        #expect(report.unpaired == 0)
        #expect(report.kept == 0)
        let store = TarShardStore(try TarIndex(folder: folder["raw"]))
        let tree = FolderStore(folder["tree"])
        for pair in try listedPairs(folder["raw/data.json"]) {
            for path in pair { #expect(try store.bytes(of: path) == tree.bytes(of: path)) }
        }
    }

    @Test(
        "Without numbered folders, or with a file beside them, shards have numbers",
        arguments: ["tree/README.md", "tree/misc/x.jpg", "tree/0001/x.jpg"])
    func counted(stranger: String) throws {
        let folder = try TemporaryFolder()
        try writeTree(folder, samples: 4, prefix: "0012")
        try folder.write(stranger, "x")
        try Packing.pack(folder["tree"], into: folder["raw"])
        #expect(try contents(folder["raw"]).keys.sorted() == ["00000.tar", "data.json"])
        #expect(try memberNames(folder["raw/00000.tar"]).count == 9)
    }

    @Test("Samples are counted, and stay together")
    func samples() throws {
        let folder = try TemporaryFolder()
        for name in ["a.jpg", "a.json", "b.jpg", "c.jpg", "c.json", "c.txt", "d.jpg", "e.txt"] {
            try folder.write("tree/\(name)", name)
        }
        let report = try Packing.pack(folder["tree"], into: folder["raw"], .samples(2))
        #expect(try memberNames(folder["raw/00000.tar"]) == ["a.jpg", "a.json", "b.jpg"])
        #expect(try memberNames(folder["raw/00001.tar"]) == ["c.jpg", "c.json", "c.txt", "d.jpg"])
        #expect(try memberNames(folder["raw/00002.tar"]) == ["e.txt"])
        #expect(report.samples == 5)
        #expect(report.listed == 2)
        #expect(report.unpaired == 3)
        #expect(report.firstUnpaired == "b.jpg")
    }

    @Test("A limit in bytes is that of the shard's file", arguments: [8192, 20_000, 100_000])
    func bytes(limit: Int) throws {
        let folder = try TemporaryFolder()
        try writeTree(folder, samples: 60)
        let long = String(repeating: "long", count: 30)
        for name in ["jpg", "json"] { try folder.write("tree/\(long).\(name)", "deep") }
        try Packing.pack(folder["tree"], into: folder["raw"], .bytes(UInt64(limit)))
        let shards = try contents(folder["raw"]).filter { $0.key.hasSuffix(".tar") }
        let sizes = shards.sorted { $0.key < $1.key }.map(\.value.count)
        #expect(sizes.count > 1)
        for (number, size) in sizes.enumerated() {
            let name = String("0000\(number)".suffix(5))
            let members = try memberNames(folder["raw/\(name).tar"])
            #expect(size <= limit || members.count == 2)
            // The next sample wouldn't have fitted; the largest has 17 kB.
            #expect(size > limit - 20_000 || number == sizes.count - 1)
        }
        #expect(try listedPairs(folder["raw/data.json"]).count == 61)
    }

    @Test("Shards beyond 99999 make all names wider, so that they sort")
    func wide() throws {
        let folder = try TemporaryFolder()
        let tar = try TarWriter.create(folder["old.tar"])
        for number in 0...100_000 { try tar.add("\(number)", []) }
        try tar.close()
        let plan = try Packing(
            [folder["old.tar"]], into: folder["raw"],
            options: Packing.Options(sharding: .samples(1)))
        // Names are known before anything is written.
        try folder.write("raw/99999.tar", "")
        let error = #expect(throws: StoreError.self) { try plan.run() }
        #expect(error?.reason.contains("99999.tar") == true)
        #expect(error?.reason.contains("100001 shards") == true)
    }

    @Test("The list escapes what JSON asks for, and leaves the rest")
    func escapes() throws {
        let folder = try TemporaryFolder()
        let name = "q\"b\\n\n\u{1}é東"
        for ending in ["jpg", "json"] { try folder.write("tree/\(name).\(ending)", "x") }
        try Packing.pack(folder["tree"], into: folder["raw"], list: folder["lists/all.json"])
        #expect(try listedPairs(folder["lists/all.json"]) == [["\(name).jpg", "\(name).json"]])
        let text = try String(contentsOfFile: folder["lists/all.json"], encoding: .utf8)
        #expect(text.contains(#""q\"b\\n\u000a\u0001é東.jpg""#))
        #expect(try contents(folder["raw"]).keys.sorted() == ["00000.tar"])
    }

    @Test("Large files go through in pieces, empty ones too")
    func large() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<5_000_001).map { UInt8(truncatingIfNeeded: $0 * 31 / 7) }
        try folder.write("tree/x.png", bytes)
        try folder.write("tree/x.json", "")
        try Packing.pack(folder["tree"], into: folder["raw"])
        let store = TarShardStore(try TarIndex(folder: folder["raw"]))
        #expect(try store.bytes(of: "x.png") == bytes)
        #expect(try store.bytes(of: "x.json").isEmpty)
    }

    @Test("GNU tar unpacks what is packed to what it was", .enabled(if: findProgram("tar") != nil))
    func gnuTar() throws {
        let folder = try TemporaryFolder()
        try writeTree(folder)
        let long = String(repeating: "long/", count: 60) + "東京"
        for ending in ["jpg", "json"] { try folder.write("tree/\(long).\(ending)", ending) }
        try Packing.pack(folder["tree"], into: folder["raw"], .samples(15))
        try FileManager.default.createDirectory(
            atPath: folder["out"], withIntermediateDirectories: true)
        let tar = try #require(findProgram("tar"))
        for number in 0..<3 {
            let result = try run(tar, ["-xf", folder["raw/0000\(number).tar"]], in: folder["out"])
            #expect(result.status == 0, "\(result.errors)")
        }
        let listing = try run(
            tar, ["--numeric-owner", "--utc", "-tvf", folder["raw/00000.tar"]])
        for line in listing.lines {
            #expect(line.hasPrefix("-rw-r--r-- 0/0 "))
            #expect(line.contains(" 2023-11-14 22:13 "))
        }
        let diff = try run("/usr/bin/diff", ["-r", folder["tree"], folder["out"]])
        #expect(diff.status == 0, "\(diff.output)")
    }
}
