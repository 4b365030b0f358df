import Foundation
import TestSupport
import Testing

@Suite("redcaps load: samples that fail")
struct LoadFaultTests {
    private let set: DemoSet

    /// The second of two shards, samples 5 to 9, is no tar.
    init() throws {
        set = try DemoSet(samples: 10, imageSize: 16)
        try Data("nonsense".utf8).write(to: URL(filePath: set.raw + "/00001.tar"))
    }

    @Test("Skipping within the budget, every good sample comes once and every bad one is told")
    func skip() throws {
        let run = try LedgerRun(
            set, "--sampler", "sequential", "--batch-size", "3", "--on-error", "skip",
            "--max-failures", "5")
        #expect(run.result.status == 0)
        #expect(try run.indices == [[0, 1, 2], [3, 4], [], []])
        let batches = try run.batches
        let failures = batches.flatMap { $0["failures"] as? [[String: Any]] ?? [] }
        #expect(failures.map { $0["index"] as? Int } == [5, 6, 7, 8, 9])
        #expect(failures.map { $0["position"] as? Int } == [5, 6, 7, 8, 9])
        #expect(failures.allSatisfy { ($0["path"] as? String)?.hasPrefix("00001/") == true })
        #expect(failures.allSatisfy { ($0["reason"] as? String)?.isEmpty == false })
        #expect(
            batches[3]["positions"] as? [String: Int] == ["start": 9, "stride": 1, "count": 1])
        let figures = try run.figures
        #expect(figures["samples"] as? Int == 5)
        #expect(figures["skipped"] as? Int == 5)
        #expect(figures["failures"] as? Int == 5)
        let told = run.result.errors.split(separator: "\n").filter { $0.contains("left out: ") }
        #expect(told.count == 5)
    }

    @Test("One failure more than the budget ends the run, after the batches before it")
    func budget() throws {
        for (arguments, batches) in [
            (["--on-error", "skip", "--max-failures", "4"], 3),
            (["--on-error", "skip", "--max-failures", "0"], 1), (["--on-error", "stop"], 1),
        ] {
            let run = try LedgerRun(
                set, arguments: ["--sampler", "sequential", "--batch-size", "3"] + arguments)
            #expect(run.result.status == 1)
            #expect(run.result.output.isEmpty)
            #expect(run.lines.count == batches)
            #expect(run.result.errors.contains("redcaps: "))
            #expect(run.result.errors.contains("00001/"))
        }
    }

    @Test("Replacements are the same for any workers, and the ledger has them")
    func replace() throws {
        func replaced(_ workers: String) throws -> LedgerRun {
            try LedgerRun(
                set, "--batch-size", "4", "--batches", "6", "--seed", "2", "--workers", workers,
                "--on-error", "replace", "--max-failures", "100%")
        }
        let one = try replaced("1")
        #expect(one.result.status == 0)
        #expect(try replaced("3").lines == one.lines)
        let places = try one.batches.flatMap { $0["replaced"] as? [[String: Int]] ?? [] }
        #expect(places.count == (try one.figures["replaced"] as? Int))
        #expect(!places.isEmpty)
        for place in places {
            #expect((place["index"] ?? 0) >= 5 && (place["used"] ?? 9) < 5)
        }
    }

    @Test("A first batch that is empty isn't described, nor shown, but the next one is")
    func emptyBatch() throws {
        try FileManager.default.removeItem(atPath: set.raw + "/00001.tar")
        let whole = try DemoSet(samples: 10, imageSize: 16)
        try FileManager.default.copyItem(
            atPath: whole.raw + "/00001.tar", toPath: set.raw + "/00001.tar")
        try Data("nonsense".utf8).write(to: URL(filePath: set.raw + "/00000.tar"))
        let preview = set.folder["preview.jpg"]
        let result = try Redcaps.run(
            "load", "--config", set.configuration, "--sampler", "sequential", "--batch-size", "5",
            "--on-error", "skip", "--preview", preview)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("pixel_values    float32 [5, 3, 16, 16]"))
        #expect(FileManager.default.fileExists(atPath: preview))
    }
}
