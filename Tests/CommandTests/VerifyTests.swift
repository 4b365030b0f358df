import Foundation
import TestSupport
import Testing

@Suite("redcaps verify")
struct VerifyTests {
    private func list(_ set: DemoSet) -> String {
        set.configuration.replacing(".json", with: "_data.json")
    }

    @Test("A sound data set is a success, and the JSON has its figures")
    func sound() throws {
        let set = try DemoSet()
        let line = try #require(
            try Redcaps.lines("verify", set.raw, "--data-path", list(set), "--deep", "--json").first
        )
        #expect(line["shards"] as? Int == 2)
        #expect(line["members"] as? Int == 22)
        #expect(line["samples"] as? Int == 10)
        #expect(line["findings"] as? Int == 0)
    }

    @Test("What is wrong is reported, listed for load --exclude, and ends with code 1")
    func findings() throws {
        let set = try DemoSet()
        // The first image of the first shard, from its 600th byte on.
        let shard = set.raw + "/00000.tar"
        var bytes = try Data(contentsOf: URL(filePath: shard))
        bytes.replaceSubrange(1024..<1600, with: Data(repeating: 0x55, count: 576))
        try bytes.write(to: URL(filePath: shard))
        let report = set.folder["report.jsonl"]
        let bad = set.folder["bad.jsonl"]
        let result = try Redcaps.run(
            "verify", set.raw, "--data-path", list(set), "--deep", "--report", report,
            "--list-bad", bad)
        #expect(result.status == 1)
        #expect(result.output.contains("badImage: 1"))
        let finding = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: report)))
                as? [String: Any])
        #expect(finding["kind"] as? String == "badImage")
        let loaded = try Redcaps.run(
            "load", "--config", set.configuration, "--exclude", bad, "--batches", "9",
            "--batch-size", "1", "--json")
        #expect(loaded.status == 0, "\(loaded.errors)")
        #expect(loaded.output.contains("\"replaced\": 0,"))
    }

    @Test("Options that need a list say so")
    func options() throws {
        let set = try DemoSet()
        #expect(try Redcaps.run("verify", set.raw, "--deep").status == 2)
        #expect(try Redcaps.run("verify", set.raw, "--jobs", "0").status == 2)
        #expect(try Redcaps.run("verify", set.folder.path).status == 1)
    }

    @Test("An unpacked tree is verified and described as tars are")
    func tree() throws {
        let set = try DemoSet()
        let tree = set.folder["tree"]
        #expect(try Redcaps.run("extract", set.raw, "--into", tree).status == 0)
        let sound = try #require(
            try Redcaps.lines("verify", tree, "--data-path", list(set), "--deep", "--json").first)
        #expect(sound["samples"] as? Int == 10)
        #expect(sound["findings"] as? Int == 0)
        let described = try #require(try Redcaps.lines("index", tree, "--json").first)
        #expect(described["shards"] as? Int == 0)
        #expect(described["members"] as? Int == sound["members"] as? Int)
        let first = try Redcaps.lines("index", tree, "--list").compactMap { $0["path"] as? String }
            .first { $0.hasSuffix(".jpg") }
        let image = try #require(first)
        try FileManager.default.removeItem(atPath: tree + "/" + image)
        try set.folder.write("tree/00000/stranger.jpg", "x")
        try set.folder.write("tree/00000/._stranger.jpg", "x")
        let result = try Redcaps.run("verify", tree, "--data-path", list(set))
        #expect(result.status == 1)
        #expect(result.output.contains("missingImage: 1"), "\(result.output)")
        #expect(result.output.contains(image))
        #expect(result.output.contains("orphan: 1"), "\(result.output)")
        let alone = try Redcaps.run("verify", tree)
        #expect(alone.status == 1)
        #expect(alone.errors.contains("is verified with its list"))
    }

    @Test("Of each kind twenty findings are printed, and how many more there are by folder")
    func bound() throws {
        let set = try DemoSet(samples: 60, imageSize: 16)
        try Data("[]".utf8).write(to: URL(filePath: list(set)))
        let result = try Redcaps.run("verify", set.raw, "--data-path", list(set))
        #expect(result.status == 1)
        let orphans = result.output.split(separator: "\n").filter { $0.hasPrefix("orphan: ") }
        #expect(orphans.count == 21)
        #expect(
            orphans.last?.hasPrefix("orphan: … and 100 more in 2 folders (00001: 60, 00000: 40); ")
                == true, "\(result.output)")
        #expect(result.output.contains("  orphan: 120"))
        let all = try Redcaps.run("verify", set.raw, "--data-path", list(set), "--all")
        #expect(all.output.split(separator: "\n").count { $0.hasPrefix("orphan: ") } == 120)
    }
}
