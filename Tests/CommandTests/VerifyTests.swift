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
}
