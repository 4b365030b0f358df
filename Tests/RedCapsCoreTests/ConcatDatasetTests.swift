import RedCapsBase
import RedCapsImage
import RedCapsLoading
import RedCapsTokenizers
import RedCapsCore
import TestSupport
import Testing

@Suite("A concatenation of data sets")
struct ConcatDatasetTests {
    @Test("Samples are those of the first, then of the second, and so on; empty ones don't count")
    func order() throws {
        let sizes = [3, 0, 1, 0, 4, 0]
        let concat = try ConcatDataset(sizes.map { NumberDataset($0) })
        #expect(concat.count == 8)
        #expect(concat.groups == [1, 1, 1, 1, 1, 1])
        let expected = sizes.enumerated().flatMap { source, size in (0..<size).map { (source, $0) }
        }
        let workspace = try concat.makeWorkspace()
        let storage = try concat.makeStorage(for: PlannedBatch([0]))
        for index in 0..<8 {
            #expect(concat.place(of: index) == expected[index])
            var draws = PositionalDraws(seed: 0, position: 0)
            let sample = try concat.load(
                index, draws: &draws, into: storage, slot: 0, workspace: workspace)
            #expect(sample[0] == expected[index].1)
        }
    }

    @Test("What stands in for a sample is drawn from the data set that it lies in, as in Python")
    func replacements() throws {
        let concat = try ConcatDataset([NumberDataset(10), NumberDataset(1000), NumberDataset(1)])
        // random.seed(3); [random.choice(range(1000)) for _ in range(5)]
        var draws = PythonDraws(seed: 3)
        #expect(
            (0..<5).map { _ in concat.replacement(for: 500, draws: &draws) }
                == [243, 606, 557, 133, 378].map { $0 + 10 })
        #expect(concat.replacement(for: 1010, draws: &draws) == 1010)
        for _ in 0..<50 { #expect((0..<10).contains(concat.replacement(for: 3, draws: &draws))) }
    }

    @Test("A loader delivers every sample of all of them")
    func loader() throws {
        let concat = try ConcatDataset([NumberDataset(7), NumberDataset(5)])
        let loader = try DataLoader(
            concat, LoaderOptions(batchSize: 5, sampler: .sequential, workers: 3))
        var values: [Int] = []
        for result in loader.results { values += try result.get().map { $0.sample[0] } }
        #expect(values == Array(0..<7) + Array(0..<5))
    }

    @Test("Nothing, and groups that don't fit, are refused")
    func unusable() {
        #expect(throws: ConfigurationError.self) { try ConcatDataset([NumberDataset]()) }
        for groups in [[1], [2, 1], [2, 0], [3, -1], []] {
            let error = #expect(throws: ConfigurationError.self) {
                try ConcatDataset([NumberDataset(1), NumberDataset(1)], groups: groups)
            }
            #expect(error?.keyPath == "groups")
        }
    }

    @Test("Caption data sets of different pixels are refused, and both are named")
    func pixels() throws {
        let large = try Samples.dataset(2)
        let bytes = try Samples.dataset(2, ImageOptions(format: PixelFormat(.uint8)))
        let error = #expect(throws: ConfigurationError.self) { try ConcatDataset([large, bytes]) }
        #expect(error?.keyPath == "datasets.1.image_size")
        #expect(
            error?.reason
                == "a batch can't hold 24² (float32, channelsFirst) of list.json and 24² (uint8, channelsFirst) of list.json"
        )
    }

    /// Two lists, one with text annotations, each in a folder of its own.
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let image = try Fixture.bytes("jpegs/square.jpg")
        for (name, captions, ending) in [
            (
                "a", [#"{"caption": "zero"}"#, #"{"caption": "one"}"#, #"{"caption": "two"}"#],
                "json"
            ),
            ("b", [" \u{A0}three\r\nlines\rmore\n\n", "four"], "txt"),
        ] {
            var entries: [String] = []
            for (number, caption) in captions.enumerated() {
                try folder.write("\(name)/\(number).jpg", image)
                try folder.write("\(name)/\(number).\(ending)", caption)
                entries.append(
                    #"{"image": "\#(number).jpg", "annotation": "\#(number).\#(ending)"}"#)
            }
            try folder.write("\(name).json", "[\(entries.joined(separator: ","))]")
        }
        return folder
    }

    private func training(_ sizes: [Int] = [24, 24]) throws -> TrainingConfiguration {
        func leaf(_ name: String, _ type: String, _ size: Int) -> String {
            #"""
            {"type": "\#(type)", "data_path": "\#(name).json", "image_folder": "\#(name)",
             "cap_folder": "\#(name)", "prompt_template": \#(Samples.template), "image_size": \#(size),
             "unconditional": 0, "tokenizer": {"type": "redcaps.ByteTokenizer"}}
            """#
        }
        let text = #"""
            {"dataset": {"type": "xtuner.dataset.ConcatDataset", "datasets": [
             \#(leaf("a", "src.datasets.text2image.caption_datasets.CaptionDataset", sizes[0])),
             \#(leaf("b", "src.datasets.text2image.blip3_o.BLIP3oDataset", sizes[1]))]},
             "train_dataloader": {"collate_fn": {"pad_index": 9}, "batch_size": 5, "drop_last": true}}
            """#
        return try TrainingConfiguration(JSONValue(parsing: Array(text.utf8)))
    }

    @Test("A configuration of several data sets is opened and loaded as one")
    func configuration() throws {
        let folder = try folder()
        let dataset = try ConcatDataset(try training(), root: folder.path)
        #expect(dataset.count == 5)
        #expect(dataset.imageSize == 24)
        #expect(try dataset.paths(of: 3) == ("0.jpg", "0.txt"))
        var options = LoaderOptions(try training())
        #expect(options.batchSize == 5)
        #expect(options.dropsLast)
        options.sampler = .sequential
        var captions: [String?] = []
        var padding: Int64?
        for result in try DataLoader(dataset, options).results {
            let batch = try result.get()
            captions += batch.samples.map(\.sample.caption)
            padding = batch.inputIDs[batch.sequenceLength - 1]
        }
        #expect(captions == ["zero", "one", "two", "three\nlines\nmore", "four"])
        #expect(padding == 9)
        let error = #expect(throws: ConfigurationError.self) {
            try CaptionDataset(try training(), root: folder.path)
        }
        #expect(error?.reason.contains("ConcatDataset") == true)
    }

    @Test("Configurations of different image sizes are refused with both named")
    func sizes() throws {
        let folder = try folder()
        let error = #expect(throws: ConfigurationError.self) {
            try ConcatDataset(try training([24, 32]), root: folder.path)
        }
        #expect(
            error.map { "\($0)" }
                == "datasets.1.image_size = 32: a batch can't hold 24² (float32, channelsFirst) of a.json and 32² (float32, channelsFirst) of b.json"
        )
    }

    @Test("Each data set may leave samples out, by a list of its own")
    func exclusions() throws {
        let folder = try folder()
        let whole = try ConcatDataset(try training(), root: folder.path)
        let dataset = try ConcatDataset(
            try training(), root: folder.path,
            excluding: [SkipList([(1, "1.jpg")]), SkipList()])
        #expect(dataset.count == 4)
        #expect(try dataset.paths(of: 1).image == "2.jpg")
        #expect(dataset.fingerprint != whole.fingerprint)
        #expect(throws: SkipListError.self) {
            try ConcatDataset(try training(), root: folder.path, excluding: [SkipList()])
        }
    }

    @Test("Text that isn't UTF-8 fails as the annotation's fault")
    func notText() throws {
        let folder = try folder()
        try folder.write("b/1.txt", [0x61, 0xFF, 0x62])
        let source = try ConcatDataset(try training(), root: folder.path).sources[1]
        let error = #expect(throws: SampleError.self) { try source.sample(at: 1) }
        #expect(error?.stage == .annotation)
        #expect(error.map { "\($0)" } == "sample 1, annotation 1.txt: not UTF-8")
    }
}
