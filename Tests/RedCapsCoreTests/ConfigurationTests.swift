import RedCapsBase
import RedCapsLoading
import RedCapsTokenizers
import RedCapsCore
import TestSupport
import Testing

@Suite("Configurations")
struct ConfigurationTests {
    /// A data set's dictionary with some keys changed (or, with `nil`, left out).
    private func dictionary(_ changes: [String: String?] = [:]) throws -> JSONValue {
        var values: [String: String?] = [
            "type": "\"src.datasets.text2image.caption_datasets.CaptionDataset\"",
            "data_path": "\"list.json\"", "image_folder": "\"raw\"", "cap_folder": "\"captions\"",
            "prompt_template": Samples.template,
            "tokenizer": #"{"type": "redcaps.ByteTokenizer"}"#,
        ]
        values.merge(changes) { $1 }
        let text = values.compactMap { key, value in value.map { "\"\(key)\": \($0)" } }
        return try JSONValue(parsing: Array("{\(text.joined(separator: ", "))}".utf8))
    }

    private func decode(_ changes: [String: String?] = [:]) throws -> CaptionDatasetConfiguration {
        try CaptionDatasetConfiguration(dictionary(changes), at: "dataset")
    }

    private func refusal(_ changes: [String: String?]) -> ConfigurationError? {
        #expect(throws: ConfigurationError.self) { try decode(changes) }
    }

    @Test("Defaults are the reference's")
    func defaults() throws {
        let configuration = try decode()
        #expect(configuration.dataPath == "list.json")
        #expect(configuration.imageFolder == "raw")
        #expect(configuration.captionFolder == "captions")
        #expect(configuration.captionFormat == .json(key: "caption"))
        #expect(configuration.imageSize == 256)
        #expect(configuration.minimumImageSize == 80)
        #expect(configuration.python.imageLength == 256)
        #expect(configuration.captionDropout == 0.1)
        #expect(configuration.maximumLength == 128)
        #expect(configuration.addsSpecialTokens)
        #expect(!configuration.python.alwaysLoadsFirst)
        #expect(configuration.tokenizer?.type == "redcaps.ByteTokenizer")
        #expect(configuration.python.unknownKeys.isEmpty)
    }

    @Test("Every key has its effect")
    func everyKey() throws {
        let configuration = try decode([
            "cap_source": "\"re_caption\"", "image_size": "512", "min_image_size": "10",
            "image_length": "1024", "unconditional": "0.25", "max_length": "77", "debug": "true",
            "tokenizer_kwargs": #"{"add_special_tokens": false}"#,
            "tokenizer":
                #"{"type": "transformers.AutoTokenizer.from_pretrained", "pretrained_model_name_or_path": "a/b"}"#,
        ])
        #expect(configuration.captionFormat == .json(key: "re_caption"))
        #expect(configuration.imageSize == 512)
        #expect(configuration.minimumImageSize == 10)
        #expect(configuration.python.imageLength == 1024)
        #expect(configuration.captionDropout == 0.25)
        #expect(configuration.maximumLength == 77)
        #expect(configuration.python.alwaysLoadsFirst)
        #expect(!configuration.addsSpecialTokens)
        #expect(configuration.tokenizer?.type == "transformers.AutoTokenizer.from_pretrained")
        #expect(configuration.tokenizer?.model == "a/b")
        #expect(try decode(["unconditional": "1"]).captionDropout == 1)
        #expect(try decode(["unconditional": "0"]).captionDropout == 0)
    }

    @Test(
        "A bad value is refused with its key path and the value",
        arguments: [
            ("image_size", "0", "0"), ("image_size", "-256", "-256"),
            ("image_size", "256.5", "256.5"),
            ("image_size", "\"256\"", "\"256\""), ("image_size", "true", "true"),
            ("image_size", "1e999", "inf"), ("image_size", "16385", "16385"),
            ("image_size", "null", "null"), ("min_image_size", "-1", "-1"),
            ("max_length", "0", "0"), ("max_length", "[]", "an array of 0"),
            ("unconditional", "1.5", "1.5"), ("unconditional", "-0.1", "-0.1"),
            ("unconditional", "NaN", "nan"), ("unconditional", "\"0.1\"", "\"0.1\""),
            ("data_path", "5", "5"), ("image_folder", "[\"raw\"]", "an array of 1"),
            ("cap_source", "7", "7"), ("debug", "1", "1"), ("type", "5", "5"),
            ("type", "\"src.datasets.OtherDataset\"", "\"src.datasets.OtherDataset\""),
            ("prompt_template", "\"text\"", "\"text\""), ("tokenizer", "\"bytes\"", "\"bytes\""),
        ])
    func badValue(key: String, value: String, shown: String) {
        let error = refusal([key: value])
        #expect(error?.keyPath == "dataset.\(key)")
        #expect(error?.value == shown)
    }

    @Test(
        "A missing key that has no default is refused by its path",
        arguments: ["data_path", "image_folder", "cap_folder", "prompt_template"])
    func missing(key: String) {
        #expect(refusal([key: String?.none])?.keyPath == "dataset.\(key)")
        #expect(refusal([key: "null"])?.keyPath == "dataset.\(key)")
    }

    @Test(
        "What isn't built is refused by its path, unless it is null",
        arguments: [
            "ceph_folder", "ceph_config", "latents_ceph_folder", "image_latents_folder",
            "image_tokens_folder", "image_processor",
        ])
    func notBuilt(key: String) throws {
        #expect(refusal([key: "\"s3://bucket\""])?.keyPath == "dataset.\(key)")
        #expect(refusal([key: "{\"type\": \"x\"}"])?.keyPath == "dataset.\(key)")
        #expect(try decode([key: "null"]).python.unknownKeys.isEmpty)
    }

    @Test("Options of the tokenizer that aren't known are refused, not ignored")
    func tokenizerOptions() {
        let error = refusal(["tokenizer_kwargs": #"{"add_special_tokens": true, "padding": true}"#])
        #expect(error?.keyPath == "dataset.tokenizer_kwargs.padding")
    }

    @Test("A tokenizer that can't be loaded is an error that names the way out")
    func tokenizer() throws {
        let configuration = try decode([
            "tokenizer": #"{"type": "some.CharacterTokenizer.load"}"#
        ])
        let error = #expect(throws: ConfigurationError.self) {
            try configuration.tokenizer?.makeTokenizer(root: nil)
        }
        #expect(error?.keyPath == "dataset.tokenizer.type")
        #expect(error?.reason.contains("--tokenizer bytes") == true)
    }

    @Test("Unknown keys are reported with their paths")
    func unknown() throws {
        #expect(
            try decode(["colour": "1", "brightness": "{}"]).python.unknownKeys
                == ["dataset.brightness", "dataset.colour"])
    }

    @Test("A whole dump has loader options, and the data set at its path")
    func wholeDump() throws {
        func training(_ loader: String, _ top: String = "") throws -> TrainingConfiguration {
            try TrainingConfiguration(
                JSONValue(
                    parsing: Array(
                        #"{\#(top) "image_size": 512, "dataset": \#(dictionaryText()), "train_dataloader": \#(loader)}"#
                            .utf8)))
        }
        let full = try training(
            #"""
            {"batch_size": 7, "num_workers": 4, "pin_memory": true, "prefetch_factor": null,
             "sampler": {"type": "mmengine.dataset.InfiniteSampler", "shuffle": false},
             "collate_fn": {"type": "src.datasets.collate_functions.collate_func_gen", "pad_index": 9}}
            """#)
        #expect(full.batchSize == 7)
        #expect(full.workers == 4)
        #expect(full.sampler == .infinite(shuffle: false))
        #expect(!full.dropsLast)
        #expect(full.padIndex == 9)
        #expect(
            full.notes == [
                "train_dataloader.pin_memory has no effect: batches are in ordinary memory"
            ])
        #expect(full.dataset.sources.map(\.imageFolder) == ["raw"])

        let bare = try training("{}", "\"pad_index\": 5,")
        #expect(bare.batchSize == nil)
        #expect(bare.workers == nil)
        #expect(bare.sampler == .infinite())
        #expect(bare.padIndex == 5)
        #expect(try training(#"{"collate_fn": {}}"#, "\"pad_index\": 5,").padIndex == 0)

        for (loader, keyPath) in [
            (#"{"batch_size": 0}"#, "train_dataloader.batch_size"),
            (
                #"{"sampler": {"type": "torch.utils.data.WeightedRandomSampler"}}"#,
                "train_dataloader.sampler.type"
            ),
            (
                #"{"sampler": {"type": "x.InfiniteSampler", "seed": "1"}}"#,
                "train_dataloader.sampler.seed"
            ),
            (
                #"{"sampler": {"type": "x.InfiniteSampler", "round_up": true}}"#,
                "train_dataloader.sampler.round_up"
            ),
            (#"{"num_workers": -1}"#, "train_dataloader.num_workers"),
            (#"{"drop_last": 1}"#, "train_dataloader.drop_last"),
            (#"{"batch_sampler": {"type": "x"}}"#, "train_dataloader.batch_sampler"),
            (#"{"worker_init_fn": {"type": "x"}}"#, "train_dataloader.worker_init_fn"),
            (
                #"{"collate_fn": {"type": "x.collate_func_und"}}"#,
                "train_dataloader.collate_fn.type"
            ),
            (#"{"collate_fn": {"pad_index": -1}}"#, "train_dataloader.collate_fn.pad_index"),
            ("[]", "train_dataloader"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try training(loader) }
            #expect(error?.keyPath == keyPath)
        }
        #expect(
            try training(#"{"brightness": true}"#).notes
                == ["train_dataloader.brightness isn't known and has no effect"])
        #expect(try training(#"{"drop_last": true}"#).dropsLast)
    }

    @Test("Samplers are told by the end of their type, with all their options")
    func samplers() throws {
        func sampler(_ text: String) throws -> SamplerConfiguration {
            let value =
                #"{"dataset": \#(try dictionaryText()), "train_dataloader": {"sampler": \#(text)}}"#
            return try TrainingConfiguration(JSONValue(parsing: Array(value.utf8))).sampler
        }
        #expect(try sampler(#"{"type": "InfiniteSampler"}"#) == .infinite(shuffle: true, seed: nil))
        #expect(
            try sampler(
                #"{"type": "mmengine.dataset.InfiniteSampler", "shuffle": false, "seed": 3}"#)
                == .infinite(shuffle: false, seed: 3))
        #expect(
            try sampler(#"{"type": "mmengine.dataset.DefaultSampler"}"#)
                == .epochs(shuffle: true, seed: nil, roundsUp: true))
        #expect(
            try sampler(
                #"{"type": "mmengine.dataset.sampler.DefaultSampler", "shuffle": false, "seed": 5, "round_up": false}"#
            ) == .epochs(shuffle: false, seed: 5, roundsUp: false))
        let multiple = "src.datasets.samplers.multi_source_sampler.FixedBatchMultiSourceSampler"
        #expect(
            try sampler(#"{"type": "\#(multiple)", "repeat": [2], "batch_size": 4}"#)
                == .fixedBatches(repeats: [2], batchSize: 4, shuffle: true, seed: nil))
        for (options, key) in [
            (#""batch_size": 4"#, "repeat"), (#""repeat": [1, 2], "batch_size": 4"#, "repeat"),
            (#""repeat": [0], "batch_size": 4"#, "repeat"), (#""repeat": [1]"#, "batch_size"),
            (#""repeat": ["1"], "batch_size": 4"#, "repeat"),
            (#""repeat": [1], "batch_size": 0"#, "batch_size"),
        ] {
            let error = #expect(throws: ConfigurationError.self) {
                try sampler(#"{"type": "\#(multiple)", \#(options)}"#)
            }
            #expect(error?.keyPath == "train_dataloader.sampler.\(key)")
        }
    }

    @Test("What only Python can do is reported once, by its key path, if it asks for anything")
    func pythonOnly() throws {
        let text = #"""
            {"dataset": \#(try dictionaryText()), "train_dataloader": {"pin_memory": false,
             "persistent_workers": true, "prefetch_factor": 2}}
            """#
        let tokenizer =
            #""tokenizer": {"type": "x", "trust_remote_code": true, "padding_side": "left", "use_fast": true}, "#
        let value = text.replacing(
            #"{"type": "CaptionDataset", "#, with: #"{"type": "CaptionDataset", "# + tokenizer)
        let training = try TrainingConfiguration(JSONValue(parsing: Array(value.utf8)))
        #expect(
            training.notes == [
                "dataset.tokenizer.trust_remote_code has no effect: code of a model is never run",
                "dataset.tokenizer.padding_side has no effect: batches are padded on the right, as the reference's are",
                "dataset.tokenizer.use_fast isn't known and has no effect",
                "train_dataloader.persistent_workers has no effect: workers live as long as their loader; the reference mode heeds it",
                "train_dataloader.prefetch_factor has no effect: LoaderOptions.prefetchBatches bounds what is loaded ahead",
            ])
    }

    @Test("The run's seed, and what the reference draws besides, are read")
    func seeds() throws {
        func training(_ rest: String) throws -> TrainingConfiguration {
            let text = #"{"dataset": \#(try dictionaryText()), \#(rest)}"#
            return try TrainingConfiguration(JSONValue(parsing: Array(text.utf8)))
        }
        let seeded = try training(
            #""randomness": {"seed": 7}, "train_dataloader": {"persistent_workers": true}"#)
        #expect(seeded.seed == 7)
        #expect(seeded.persistsWorkers)
        #expect(LoaderOptions(seeded).seed == 7)
        #expect(LoaderOptions(seeded, seed: 8).seed == 8)
        let plain = try training(#""randomness": {"seed": null, "deterministic": false}"#)
        #expect(plain.seed == nil)
        #expect(!plain.differsByRank && !plain.drawsOrderSeed && !plain.persistsWorkers)
        let byRank = try training(#""randomness": {"diff_rank_seed": true}"#)
        #expect(byRank.differsByRank && byRank.drawsOrderSeed)
        let drawn = try training(
            #""train_dataloader": {"sampler": {"type": "InfiniteSampler", "seed": null}}"#)
        #expect(drawn.drawsOrderSeed && !drawn.differsByRank)
        // numpy's randint(2**31) after seed(33), which is what mmengine's sync_random_seed is.
        let sampler = try #require(
            drawn.referenceSampler(seed: 33) as? TorchInfiniteSampler)
        #expect(sampler.seed == 1_067_342_868)
        let error = #expect(throws: ConfigurationError.self) {
            try training(#""randomness": {"seed": 4294967296}"#)
        }
        #expect(error?.keyPath == "randomness.seed")
    }

    @Test("Two data sets that differ are told, and the upper one is used")
    func twoDatasets() throws {
        let both =
            #"{"dataset": \#(try dictionaryText()), "train_dataloader": {"dataset": \#(try dictionaryText("other"))}}"#
        let training = try TrainingConfiguration(JSONValue(parsing: Array(both.utf8)))
        #expect(training.dataset.sources.map(\.imageFolder) == ["raw"])
        #expect(
            training.notes
                == ["train_dataloader.dataset differs from dataset, which is the one used"])
        let only = try TrainingConfiguration(
            JSONValue(
                parsing: Array(
                    #"{"train_dataloader": {"dataset": \#(try dictionaryText("other"))}}"#.utf8)))
        #expect(only.dataset.sources.map(\.imageFolder) == ["other"])
    }

    private func dictionaryText(_ imageFolder: String = "raw") throws -> String {
        #"""
        {"type": "CaptionDataset", "data_path": "list.json", "image_folder": "\#(imageFolder)",
         "cap_folder": "raw", "prompt_template": \#(Samples.template)}
        """#
    }

    @Test("A file may hold just a data set's dictionary; one that isn't JSON is told")
    func files() throws {
        let folder = try TemporaryFolder()
        let good = try folder.write("good.json", try dictionaryText())
        #expect(
            try TrainingConfiguration(file: good).dataset.sources.map(\.dataPath) == ["list.json"])
        let bad = try folder.write("bad.json", "image_size = 512")
        let error = #expect(throws: ConfigurationError.self) {
            try TrainingConfiguration(file: bad)
        }
        #expect(
            error.map { "\($0)" }?.contains("bad.json is no JSON configuration") == true)
        #expect(throws: StoreError.self) { try TrainingConfiguration(file: folder["none.json"]) }
    }

    @Test("Relative paths resolve against the root, absolute ones stay")
    func roots() throws {
        let folder = try TemporaryFolder()
        try folder.write("raw/0/x.jpg", try Fixture.bytes("jpegs/square.jpg"))
        try folder.write("raw/0/x.json", #"{"re_caption": "x"}"#)
        try folder.write("list.json", #"[{"image": "0/x.jpg", "annotation": "0/x.json"}]"#)
        var configuration = try Samples.configuration(imageSize: 24)
        #expect(
            try CaptionDataset(configuration, root: folder.path).sample(at: 0).sample.index == 0)
        #expect(throws: StoreError.self) { try CaptionDataset(configuration, root: "/nowhere") }
        configuration.dataPath = folder["list.json"]
        configuration.imageFolder = folder["raw"]
        configuration.captionFolder = folder["raw"]
        let absolute = try CaptionDataset(configuration, root: "/nowhere")
        #expect(try absolute.sample(at: 0).sample.imageFolder == folder["raw"])
    }
}
