import Foundation
import RedCapsFixtures
import TestSupport
import Testing

@Suite("redcaps load")
struct LoadTests {
    @Test("With --json it prints one line with the run's figures")
    func json() throws {
        let set = try DemoSet()
        let lines = try Redcaps.lines(
            "load", "--config", set.configuration, "--batch-size", "4", "--workers", "2",
            "--json")
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(
            Set(line.keys) == [
                "samples", "batches", "seconds", "samples_per_second", "replaced", "skipped",
                "failures", "workers", "open_ms", "peak_rss_bytes", "rss_bytes", "bytes_read",
                "retried_reads", "stalls", "consumer_wait_seconds", "worker_wait_seconds",
                "consumer_wait_p50_ms", "consumer_wait_p95_ms", "consumer_wait_p99_ms",
                "mean_queue_depth", "read_seconds", "decode_seconds", "resample_seconds",
                "tokenize_seconds", "collate_seconds",
            ])
        #expect(line["batches"] as? Int == 3)  // ceil(10 / 4)
        #expect(line["samples"] as? Int == 12)  // the order is endless
        #expect(line["workers"] as? Int == 2)
        #expect(line["replaced"] as? Int == 0)
        #expect(try #require(line["samples_per_second"] as? Double) > 0)
        #expect(try #require(line["peak_rss_bytes"] as? Int) > 1_000_000)
        #expect(try #require(line["bytes_read"] as? Int) > 10_000)
        #expect(try #require(line["decode_seconds"] as? Double) > 0)
    }

    @Test("The batch size is the configuration's, and the number of batches what is asked for")
    func batchSize() throws {
        let set = try DemoSet()
        try set.edit("\"batch_size\": 32", "\"batch_size\": 3")
        let line = try #require(
            try Redcaps.lines(
                "load", "--config", set.configuration, "--batches", "2", "--json"
            ).first)
        #expect(line["batches"] as? Int == 2)
        #expect(line["samples"] as? Int == 6)
    }

    @Test("Without --json it says what a batch holds, and writes the preview")
    func preview() throws {
        let set = try DemoSet()
        let preview = set.folder["preview.jpg"]
        let result = try Redcaps.run(
            "load", "--config", set.configuration, "--batch-size", "5", "--preview", preview
        )
        #expect(result.status == 0)
        #expect(result.output.contains("pixel_values    float32 [5, 3, 64, 64]"))
        #expect(result.output.contains("samples per second"))
        #expect(result.errors.isEmpty)  // no progress bar: nobody is looking
        let jpeg = try Data(contentsOf: URL(filePath: preview))
        #expect(jpeg.prefix(3).elementsEqual([0xFF, 0xD8, 0xFF]))
    }

    @Test("Relative paths resolve against --root")
    func root() throws {
        let set = try DemoSet()
        let elsewhere = try TemporaryFolder()
        let text = try String(contentsOfFile: set.configuration, encoding: .utf8)
        let configuration = try elsewhere.write("c.json", text)
        let lost = try Redcaps.run("load", "--config", configuration, in: elsewhere.path)
        #expect(lost.status == 1)
        #expect(lost.output.isEmpty)
        let found = try Redcaps.run(
            "load", "--config", configuration, "--root", set.folder.path, "--batches", "1")
        #expect(found.status == 0)
    }

    @Test("--set changes the configuration, and what leads nowhere is told")
    func overrides() throws {
        let set = try DemoSet()
        let result = try Redcaps.run(
            "load", "--config", set.configuration, "--set", "dataset.image_size=32", "--set",
            "train_dataloader.batch_size=4", "--batches", "2")
        #expect(result.status == 0)
        #expect(result.output.contains("pixel_values    float32 [4, 3, 32, 32]"))
        #expect(result.errors.isEmpty)
        let nowhere = try Redcaps.run(
            "load", "--config", set.configuration, "--set", "dataset.size.x=1")
        #expect(nowhere.status == 1)
        #expect(nowhere.errors.contains("dataset.size: there is no such key"))
        let unknown = try Redcaps.run(
            "load", "--config", set.configuration, "--set", "dataset.size=1", "--batches", "1")
        #expect(unknown.status == 0)
        #expect(unknown.errors.contains("dataset.size isn't known and has no effect"))
        let malformed = try Redcaps.run(
            "load", "--config", set.configuration, "--set", "image_size")
        #expect(malformed.status == 2)
    }

    @Test("Several data sets are loaded and hashed as one, with text for captions, too")
    func concatenation() throws {
        let set = try DemoSet()
        let text = try String(contentsOfFile: set.configuration, encoding: .utf8)
        let whole = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        var plain = try #require(whole["dataset"] as? [String: Any])
        let first = plain
        plain["type"] = "src.datasets.text2image.blip3_o.BLIP3oDataset"
        plain["unconditional"] = 0
        let both: [String: Any] = [
            "dataset": ["type": "xtuner.dataset.ConcatDataset", "datasets": [first, plain]]
        ]
        try JSONSerialization.data(withJSONObject: both).write(
            to: URL(filePath: set.configuration))
        let line = try #require(
            try Redcaps.lines("load", "--config", set.configuration, "--batch-size", "4", "--json")
                .first)
        #expect(line["batches"] as? Int == 5)
        #expect(line["replaced"] as? Int == 0)
        let lines = try Redcaps.lines(
            "digest", "--config", set.configuration, "--indices", "3,13,19")
        #expect(lines.map { $0["used"] as? Int } == [3, 13, 19])
        #expect(lines.first?["image"] as? String == lines.dropFirst().first?["image"] as? String)
        #expect(lines.first?["image"] as? String != lines.last?["image"] as? String)
        // The text is the annotation as it is.
        let ids = try #require(lines.last?["input_ids"] as? [Int])
        #expect(
            String(decoding: ids.map { UInt8($0 - 3) }, as: UTF8.self).contains("{\"image_id\""))
        let sizes = try Redcaps.run(
            "load", "--config", set.configuration, "--set", "dataset.datasets.1.image_size=32")
        #expect(sizes.status == 1)
        #expect(sizes.errors.contains("datasets.1.image_size = 32: a batch can't hold 64²"))
    }

    @Test("A tokenizer that can't be loaded is an error with its key, unless another is given")
    func tokenizer() throws {
        let set = try DemoSet()
        try set.edit("redcaps.ByteTokenizer", "transformers.AutoTokenizer.from_pretrained")
        let refused = try Redcaps.run("load", "--config", set.configuration)
        #expect(refused.status == 1)
        #expect(refused.errors.split(separator: "\n").count == 1)
        #expect(refused.errors.contains("tokenizer.pretrained_model_name_or_path"))
        let replaced = try Redcaps.run(
            "load", "--config", set.configuration, "--tokenizer", "bytes", "--batches", "1")
        #expect(replaced.status == 0)
    }

    @Test("Samples that fail are told one by one, counted, and replaced")
    func replaced() throws {
        let set = try DemoSet()
        let shard = set.raw + "/00001.tar"
        try Data("nonsense".utf8).write(to: URL(filePath: shard))
        let result = try Redcaps.run(
            "load", "--config", set.configuration, "--batch-size", "5", "--json")
        #expect(result.status == 0)
        #expect(result.output.contains("\"replaced\": 5,"))
        #expect(result.errors.contains("00001.tar"))
    }

    @Test("More shards than the process may open at once can all be read")
    func descriptors() throws {
        let folder = try TemporaryFolder()
        let written = try FixtureDataset(
            samples: 60, shards: 60, shortestEdge: 81, imageSize: 16
        ).write(to: folder.path)
        let result = try run(
            "/bin/sh",
            [
                "-c", "ulimit -n 40 && exec \"$0\" \"$@\"", try Redcaps.path(), "load", "--config",
                written.configuration, "--batch-size", "10", "--workers", "3", "--json",
            ])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("\"samples\": 60,"))
        #expect(result.output.contains("\"replaced\": 0,"))
    }
}
