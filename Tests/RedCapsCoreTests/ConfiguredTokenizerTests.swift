import RedCapsBase
import RedCapsCore
import RedCapsFixtures
import RedCapsTokenizers
import TestSupport
import Testing

@Suite("The tokenizer that a configuration names")
struct ConfiguredTokenizerTests {
    /// A drawn data set whose configuration names a model under its root.
    private func training(_ folder: TemporaryFolder) throws -> TrainingConfiguration {
        let written = try FixtureDataset(samples: 3, shards: 1, shortestEdge: 81, imageSize: 8)
            .write(to: folder.path)
        try folder.write("models/small/tokenizer.json", Fixture.bytes("tokenizers/qwen2.json"))
        return try TrainingConfiguration(
            file: written.configuration,
            overrides: [
                ConfigurationOverride(
                    "dataset.tokenizer",
                    .object([
                        "type": .string("transformers.AutoTokenizer.from_pretrained"),
                        "pretrained_model_name_or_path": .string("models/small"),
                    ]))
            ])
    }

    @Test("is loaded when the data set is opened, from a folder under the root")
    func opened() throws {
        let folder = try TemporaryFolder()
        let training = try training(folder)
        let tokenizer = try ModelTokenizer(path: folder["models/small"])
        let source = try #require(training.dataset.sources.first)
        let datasets = [
            try CaptionDataset(training, root: folder.path),
            try CaptionDataset(source, root: folder.path),
            try ConcatDataset(training, root: folder.path).sources[0],
        ]
        for dataset in datasets {
            let sample = try dataset.sample(at: 1).sample
            let prompt = source.promptTemplate.prompt(for: sample.isDropped ? nil : sample.caption)
            #expect(
                try sample.inputIDs == Array(tokenizer.encode(prompt).prefix(source.maximumLength)))
        }
    }

    @Test("isn't looked for where another one is given")
    func given() throws {
        let folder = try TemporaryFolder()
        let training = try training(folder)
        try folder.remove("models/small/tokenizer.json")
        #expect(throws: TokenizerError.self) { try ConcatDataset(training, root: folder.path) }
        let dataset = try ConcatDataset(
            training, root: folder.path, tokenizer: ClosureTokenizer { _, _ in [7] })
        #expect(try dataset.sources[0].sample(at: 0).sample.inputIDs == [7])
    }
}
