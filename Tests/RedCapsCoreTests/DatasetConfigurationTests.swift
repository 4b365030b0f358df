import RedCapsBase
import RedCapsCore
import TestSupport
import Testing

@Suite("Configurations of several data sets")
struct DatasetConfigurationTests {
    private static func leaf(_ name: String, _ more: String = "") -> String {
        #"""
        {"type": "src.datasets.text2image.caption_datasets.CaptionDataset", \#(more)
         "data_path": "\#(name).json", "image_folder": "\#(name)", "cap_folder": "\#(name)",
         "prompt_template": \#(Samples.template)}
        """#
    }

    private static func concat(_ type: String = "xtuner.dataset.ConcatDataset", _ parts: String...)
        -> String
    {
        #"{"type": "\#(type)", "datasets": [\#(parts.joined(separator: ", "))]}"#
    }

    private func decode(_ text: String, _ overrides: [String] = []) throws -> TrainingConfiguration
    {
        try TrainingConfiguration(
            JSONValue(parsing: Array(text.utf8)),
            overrides: overrides.map { try ConfigurationOverride(parsing: $0) })
    }

    private func refusal(_ text: String, _ overrides: [String] = []) -> ConfigurationError? {
        #expect(throws: ConfigurationError.self) { try decode(text, overrides) }
    }

    @Test("What mmengine dumps of nested data sets is read whole")
    func dump() throws {
        let training = try TrainingConfiguration(file: Fixture.path("configurations/nested.json"))
        let sources = training.dataset.sources
        #expect(sources.map(\.dataPath) == ["a.json", "b.json", "c.json"])
        #expect(
            sources.map(\.captionFormat) == [.json(key: "prompt"), .json(key: "prompt"), .text])
        #expect(sources.map(\.captionDropout) == [0.1, 0.1, 0])
        #expect(training.dataset.groups == [2, 1])
        #expect(training.batchSize == 4)
        #expect(training.workers == 2)
        #expect(training.padIndex == 151643)
        #expect(
            training.sampler
                == .fixedBatches(repeats: [3, 1], batchSize: 4, shuffle: true, seed: 7))
        let code = "has no effect: code of a model is never run"
        #expect(
            training.notes.filter { $0.contains("trust_remote_code") } == [
                "dataset.datasets.0.datasets.0.tokenizer.trust_remote_code \(code)",
                "dataset.datasets.0.datasets.1.tokenizer.trust_remote_code \(code)",
                "dataset.datasets.1.tokenizer.trust_remote_code \(code)",
            ])
        #expect(training.notes.count == 5)

        let one = try TrainingConfiguration(file: Fixture.path("configurations/one.json"))
        #expect(one.dataset.groups == [1])
        #expect(one.sampler == .infinite())
        #expect(one.dataset.sources.first?.imageSize == 512)
    }

    @Test(
        "Concatenations are those of xtuner, mmengine and torch",
        arguments: [
            "xtuner.dataset.ConcatDataset", "mmengine.dataset.ConcatDataset",
            "torch.utils.data.dataset.ConcatDataset", "ConcatDataset",
        ])
    func types(type: String) throws {
        let text = Self.concat(
            type, Self.leaf("a"), Self.concat(type, Self.leaf("b"), Self.leaf("c")))
        let alone = try decode(text)
        #expect(alone.dataset.sources.map(\.dataPath) == ["a.json", "b.json", "c.json"])
        #expect(alone.dataset.groups == [1, 2])
        #expect(try decode(#"{"dataset": \#(text)}"#).dataset == alone.dataset)
        #expect(
            try decode(#"{"train_dataloader": {"dataset": \#(text)}}"#).dataset == alone.dataset)
    }

    @Test("A concatenation of nothing, or of what is no data set, is refused by its key path")
    func refused() {
        #expect(refusal(Self.concat())?.keyPath == "datasets")
        #expect(refusal(#"{"type": "x.ConcatDataset"}"#)?.keyPath == "datasets")
        #expect(refusal(Self.concat("ConcatDataset", "5"))?.keyPath == "datasets.0")
        let nested = Self.concat(
            "ConcatDataset", Self.leaf("a"),
            Self.concat("ConcatDataset", Self.leaf("b", #""ceph_folder": "s3://x","#)))
        let error = refusal(#"{"dataset": \#(nested)}"#)
        #expect(error?.keyPath == "dataset.datasets.1.datasets.0.ceph_folder")
        let edits = Self.concat("ConcatDataset", #"{"type": "x.ReconstructDataset"}"#)
        #expect(refusal(edits)?.keyPath == "datasets.0.type")
    }

    @Test("Unknown keys are reported wherever they are")
    func unknown() throws {
        let text = Self.concat("ConcatDataset", Self.leaf("a", #""colour": 1,"#), Self.leaf("b"))
        #expect(
            try decode(#"{"dataset": \#(text)}"#).notes
                == ["dataset.datasets.0.colour isn't known and has no effect"])
        #expect(
            try decode(
                text.replacing(
                    "\"datasets\"", with: "\"lazy_init\": true, \"size\": 2, \"datasets\"")
            )
            .notes.count == 3)
    }

    @Test("Keys and values that differ in bytes are different, whatever Unicode says")
    func spellings() throws {
        let text = Self.leaf("a", "\"\u{E9}\": 1, \"e\u{301}\": 2,")
        #expect(try decode(#"{"dataset": \#(text)}"#).notes.count == 2)
        let whole =
            #"{"dataset": \#(Self.leaf("\u{E9}")), "#
            + #""train_dataloader": {"dataset": \#(Self.leaf("e\u{301}")), "batch_size": 2}}"#
        // Two data sets, which is told.
        #expect(try decode(whole).notes.count == 1)
        #expect(try decode(Self.whole).notes.isEmpty)
        let set = try ConfigurationOverride(parsing: "a.\u{E9}=\u{338}x")
        #expect(set.path.last?.utf8.count == 2)
        #expect(set.value == .string("\u{338}x"))
        #expect(
            try ConfigurationOverride(parsing: "a=(1,\u{301})").value
                == .array([.integer(1), .string("\u{301}")]))
    }

    // MARK: Overrides

    private static let whole =
        #"{"dataset": \#(leaf("a")), "train_dataloader": {"dataset": \#(leaf("a")), "batch_size": 2}}"#

    @Test("An override of a data set that a dump has twice is one of both")
    func both() throws {
        for path in ["dataset", "train_dataloader.dataset"] {
            let training = try decode(
                Self.whole, ["\(path).image_size=64", "\(path).cap_source=prompt"])
            #expect(training.dataset.sources.first?.imageSize == 64)
            #expect(training.dataset.sources.first?.captionFormat == .json(key: "prompt"))
            #expect(training.notes.isEmpty)
        }
        let only = #"{"train_dataloader": {"dataset": \#(Self.leaf("a"))}}"#
        #expect(try decode(only, ["dataset.image_size=64"]).dataset.sources.first?.imageSize == 64)
        let different = Self.whole.replacing(
            #""train_dataloader": {"dataset": \#(Self.leaf("a"))"#,
            with: #""train_dataloader": {"dataset": \#(Self.leaf("b"))"#)
        let training = try decode(different, ["dataset.image_size=64"])
        #expect(training.dataset.sources.first?.imageSize == 64)
        #expect(training.notes.count == 1)
    }

    @Test("Overrides reach into lists, replace dictionaries, make keys, and the last one counts")
    func reach() throws {
        let text =
            #"{"dataset": \#(Self.concat("ConcatDataset", Self.leaf("a"), Self.leaf("b"))), "train_dataloader": {}}"#
        let training = try decode(
            text,
            [
                "dataset.datasets.1.image_size=32", "dataset.datasets.1.image_size=48",
                "dataset.datasets.0.unconditional=0", "train_dataloader.batch_size=5",
                "train_dataloader.sampler={\"type\": \"DefaultSampler\"}",
                "train_dataloader.sampler.seed=9", "dataset.datasets.0.data_path=x y.json",
                "dataset.datasets.0.colour=red",
            ])
        #expect(training.dataset.sources.map(\.imageSize) == [256, 48])
        #expect(training.dataset.sources.map(\.captionDropout) == [0, 0.1])
        #expect(training.dataset.sources.first?.dataPath == "x y.json")
        #expect(training.batchSize == 5)
        #expect(training.sampler == .epochs(seed: 9))
        #expect(training.notes == ["dataset.datasets.0.colour isn't known and has no effect"])
        let leaf = try decode(Self.leaf("a"), ["image_size=16"])
        #expect(leaf.dataset.sources.first?.imageSize == 16)
    }

    @Test(
        "An override that leads nowhere is refused by its key path",
        arguments: [
            ("datasett.image_size=1", "datasett"), ("dataset.a.b=1", "dataset.a"),
            ("dataset.data_path.x=1", "dataset.data_path"),
            ("dataset.image_size=0", "dataset.image_size"),
            ("dataset.image_size=x", "dataset.image_size"), ("image_size", "image_size"),
            ("=1", ""), ("dataset..x=1", "dataset..x"),
        ])
    func nowhere(override: String, keyPath: String) {
        #expect(refusal(Self.whole, [override])?.keyPath == keyPath)
    }

    @Test("A place that isn't in a list is refused")
    func places() {
        let text = Self.concat("ConcatDataset", Self.leaf("a"))
        for place in ["1", "-1", "x", "99999999999999999999"] {
            #expect(
                refusal(text, ["datasets.\(place).image_size=8"])?.keyPath == "datasets.\(place)")
        }
    }

    @Test(
        "Values are JSON, else what Python's options take for lists, truth and text",
        arguments: [
            ("256", .integer(256)), ("1e-3", .number(0.001)), ("true", .bool(true)),
            ("True", .bool(true)), ("FALSE", .bool(false)), ("null", .null), ("None", .null),
            ("none", .string("none")), ("\"256\"", .string("256")), ("'256'", .string("256")),
            ("[1, 2]", .array([.integer(1), .integer(2)])),
            ("{\"a\": [1]}", .object(["a": .array([.integer(1)])])),
            ("[a,b]", .array([.string("a"), .string("b")])),
            ("(1,2)", .array([.integer(1), .integer(2)])),
            (
                "[(1, 2), [a, True], c]",
                .array([
                    .array([.integer(1), .integer(2)]), .array([.string("a"), .bool(true)]),
                    .string(" c"),
                ])
            ),
            ("[]", .array([])), ("()", .array([])),
            ("1,2,3", .array([.integer(1), .integer(2), .integer(3)])),
            ("Hello, world", .string("Hello, world")), ("a=b", .string("a=b")), ("", .string("")),
            ("[a", .string("[a")), ("a]", .string("a]")), ("[a]]", .string("[a]]")),
            ("data/x y.json", .string("data/x y.json")), ("s3://x", .string("s3://x")),
        ] as [(String, JSONValue)])
    func values(text: String, value: JSONValue) throws {
        #expect(
            try ConfigurationOverride(parsing: "a.b=\(text)") == ConfigurationOverride("a.b", value)
        )
    }
}
