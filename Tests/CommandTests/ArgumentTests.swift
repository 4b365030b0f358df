import Foundation
import TestSupport
import Testing

@Suite("redcaps and its arguments")
struct ArgumentTests {
    @Test(
        "Wrong arguments are told on standard error and end with code 2",
        arguments: [
            ["load"], ["load", "--config", "c.json", "--batches", "0"],
            ["load", "--config", "c.json", "--workers", "none"],
            ["load", "--config", "c.json", "--cut", "words"],
            ["digest", "--config", "c.json"],
            ["digest", "--config", "c.json", "--all", "--first", "1"],
            ["digest", "--config", "c.json", "--indices", "1,,2"],
            ["digest", "--config", "c.json", "--indices", "-1"],
            ["digest", "--config", "c.json", "--all", "--reseed-each"],
            ["digest", "--config", "c.json", "--all", "--seed", "9223372036854775807"],
            ["load", "--config", "c.json", "--batch-size", "65537"],
            ["load", "--config", "c.json", "--rank", "1"],
            ["load", "--config", "c.json", "--rank", "2", "--world-size", "2"],
            ["load", "--config", "c.json", "--rank", "0", "--world-size", "1", "--job-array"],
            ["load", "--config", "c.json", "--sampler", "dance"],
            ["load", "--config", "c.json", "--sampler", "mixture"],
            ["load", "--config", "c.json", "--weights", "1,2"],
            ["load", "--config", "c.json", "--sampler", "mixture", "--weights", "1,x"],
            ["load", "--config", "c.json", "--sampler", "mixture", "--weights", "0"],
            ["load", "--config", "c.json", "--sampler", "mixture", "--weights", "0,0"],
            ["load", "--config", "c.json", "--sampler", "mixture", "--weights", "nan"],
            ["load", "--config", "c.json", "--sampler", "mixture", "--weights", "1,inf"],
            ["load", "--config", "c.json", "--sampler", "mixture", "--weights=-1,2"],
            ["load", "--config", "c.json", "--workers", "100000"],
            ["load", "--config", "c.json", "--workers", "0"],
            ["load", "--config", "c.json", "--preview", "x.png"],
            ["load", "--config", "c.json", "--save-state", "a", "--ledger", "./a"],
            ["load", "--config", "c.json", "--save-state", "a.jpg", "--preview", "a.jpg"],
            ["load", "--config", "c.json", "--resume", "a", "--ledger", "a"],
            ["load", "--config", "c.json", "--sampler", "infinite", "--epochs", "2"],
            ["load", "--config", "c.json", "--shards-open", "2"],
            ["load", "--config", "c.json", "--on-error", "ignore"],
            ["load", "--config", "c.json", "--max-failures", "many"],
            ["load", "--config", "c.json", "--max-failures", "101%"],
            ["load", "--config", "c.json", "--on-error", "stop", "--max-failures", "3"],
            ["load", "--config", "c.json", "--skip-batches", "5-3"],
            ["load", "--config", "c.json", "--skip-batches", "1,,2"],
            ["load", "--config", "c.json", "--first-batch=-1"],
            ["load", "--config", "c.json", "--engine", "bare", "--profile"],
            ["load", "--config", "c.json", "--engine", "bare", "--ledger", "l.jsonl"],
            ["digest", "--config", "c.json", "--batches", "1", "--all"],
            ["digest", "--config", "c.json", "--batches", "1", "--reference", "--reseed-each"],
            ["digest", "--config", "c.json", "--batches", "1", "--on-error", "report"],
            ["digest", "--config", "c.json", "--all", "--rank", "0", "--world-size", "2"],
            ["digest", "--config", "c.json", "--all", "--batch-size", "4"],
            ["index"], ["demo-data", "out", "--samples", "0"], ["dance"], ["load", "--dance"],
        ])
    func wrong(arguments: [String]) throws {
        let result = try run(try Redcaps.path(), arguments)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("redcaps: "))
    }

    @Test(
        "A failure is one line on standard error and code 1",
        arguments: [
            ["load", "--config", "/nowhere/c.json"],
            ["digest", "--config", "/nowhere/c.json", "--all"], ["index", "/nowhere"],
            ["demo-data", "/dev/null/out"],
        ])
    func failing(arguments: [String]) throws {
        let result = try run(try Redcaps.path(), arguments)
        #expect(result.status == 1)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("redcaps: "))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test("A batch that no memory could hold is an error, not the end of the process")
    func hugeBatch() throws {
        let set = try DemoSet(samples: 4, imageSize: 16384)
        let result = try Redcaps.run(
            "load", "--config", set.configuration, "--batch-size", "65536", "--batches", "1")
        #expect(result.status == 1)
        // A sanitizer has its own say before.
        #expect(
            result.errors.hasSuffix(
                "redcaps: no memory for a batch of 65536 images of 16384², 211106232532992 bytes\n")
        )
    }

    @Test("Help goes to standard output and is a success")
    func help() throws {
        let result = try Redcaps.run("load", "--help")
        #expect(result.status == 0)
        #expect(result.output.contains("--batch-size"))
        #expect(result.output.contains("redcaps load --config redcaps5m.json"))
        #expect(result.output.uppercased().contains("BATCHES AND THEIR ORDER"))
        #expect(result.errors.isEmpty)
    }

    @Test("An index beyond the data set is a failure that tells how many samples there are")
    func outside() throws {
        let set = try DemoSet()
        let result = try Redcaps.run(
            "digest", "--config", set.configuration, "--indices", "0,10")
        #expect(result.status == 1)
        #expect(result.output.isEmpty)
        #expect(
            result.errors == "redcaps: index 10 isn't in the data set, which has 10 samples\n")
    }
}

@Suite("redcaps index and demo-data")
struct ShardCommandTests {
    @Test("The index counts shards and members")
    func index() throws {
        let set = try DemoSet()
        let line = try #require(try Redcaps.lines("index", set.raw, "--json").first)
        #expect(line["shards"] as? Int == 2)
        #expect(line["members"] as? Int == 22)  // 10 images, 10 annotations, 2 folders
        #expect((line["failures"] as? [String])?.isEmpty == true)
    }

    @Test("A damaged shard is told, the others are listed, and the exit code is 1")
    func damaged() throws {
        let set = try DemoSet()
        try Data("nonsense".utf8).write(to: URL(filePath: set.raw + "/00000.tar"))
        let result = try Redcaps.run("index", set.raw)
        #expect(result.status == 1)
        #expect(result.output.contains("2 shards, 11 members"))
        #expect(result.errors.contains("00000.tar"))
    }

    @Test("Demo data are the same for the same seed, and load")
    func demoData() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] {
            let result = try Redcaps.run(
                "demo-data", folder[name], "--samples", "4", "--shortest-edge", "96")
            #expect(result.status == 0)
        }
        for file in ["raw/00000.tar", "raw/00001.tar", "redcaps5m_data.json", "redcaps5m.json"] {
            #expect(
                try Data(contentsOf: URL(filePath: folder["a/\(file)"]))
                    == Data(contentsOf: URL(filePath: folder["b/\(file)"])))
        }
        let line = try #require(
            try Redcaps.lines("load", "--config", folder["a/redcaps5m.json"], "--json").first)
        #expect(line["batches"] as? Int == 1)
    }
}
