import RedCapsBase
import RedCapsImage
import ArgumentParser
import Logging
import RedCapsCore
import RedCapsTokenizers

/// Which data set: the arguments that the verbs share.
struct DatasetOptions: ParsableArguments {
    @Option(
        help:
            "The configuration: a whole dump of mmengine's, or just a data set's dictionary (JSON, or YAML in a build with that trait); - for standard input."
    )
    var config: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Set a value of the configuration, as in dataset.image_size=256; may be repeated.",
            discussion:
                "The value is JSON, a list as in [a,b], or text. Places in lists are numbers: dataset.datasets.0.cap_source=prompt.",
            valueName: "key.path=value"))
    var overrides: [String] = []

    @Option(
        help: ArgumentHelp(
            "What relative paths in the configuration are relative to.",
            discussion:
                "By default the configuration's own folder if all its lists are there, else the working directory.",
            valueName: "dir"))
    var root: String?

    @Option(
        help: ArgumentHelp(
            "Instead of the configuration's tokenizer: bytes, a model's folder, a tokenizer's file, or a model's name in the Hugging Face cache.",
            valueName: "model"))
    var tokenizer: String?

    @Option(
        help: ArgumentHelp(
            "What is cut of a prompt that is too long: its end, as the reference does, or the caption.",
            valueName: "what"))
    var cut = Cut.end

    @Flag(help: "Take special tokens that are written in captions as plain text.")
    var plainCaptions = false

    @Option(help: "What to do about samples whose files are in no shard: fail or drop.")
    var missing = Missing.fail

    @Option(
        help: ArgumentHelp(
            "Leave out the samples of this file, which `verify --list-bad` writes.",
            discussion: "Of several data sets, each needs one, in their order; it may be empty.",
            valueName: "file"))
    var exclude: [String] = []

    enum Missing: String, ExpressibleByArgument, CaseIterable {
        case fail
        case drop
    }

    enum Cut: String, ExpressibleByArgument, CaseIterable {
        case end
        case caption
    }

    func validate() throws {
        for text in overrides {
            do {
                _ = try ConfigurationOverride(parsing: text)
            } catch {
                throw ValidationError("--set \(error)")
            }
        }
    }

    /// Reads the configuration and opens the data set.
    func open(
        _ imageOptions: ImageOptions = ImageOptions()
    ) throws -> (training: TrainingConfiguration, dataset: ConcatDataset<CaptionDataset>) {
        var training = try TrainingConfiguration(
            file: config == "-" ? "/dev/stdin" : config,
            overrides: try overrides.map { try ConfigurationOverride(parsing: $0) })
        training.dataset.updateSources {
            $0.promptOptions = PromptOptions(
                truncation: cut == .caption ? .caption : .end,
                captionTokens: plainCaptions ? .plain : .special)
        }
        let logger = Logger(label: "redcaps")
        var bar = ProgressBar(total: 1, unit: "shards")
        defer { bar.finish() }
        let root = root ?? defaultRoot(training.dataset)
        let dataset = try ConcatDataset(
            training, root: root, tokenizer: try chosenTokenizer(root),
            imageOptions: imageOptions,
            missing: missing == .drop ? .dropAtOpen : .failSample,
            excluding: try exclude.map { try SkipList(file: $0) },
            progress: { bar.show($0.finishedShards, of: $0.shardCount) }, logger: logger)
        return (training, dataset)
    }

    private func chosenTokenizer(_ root: String?) throws -> (any CaptionTokenizer)? {
        switch tokenizer {
        case "bytes": ByteTokenizer()
        case let name?: try ModelTokenizer(named: name, root: root)
        case nil: nil
        }
    }

    private func defaultRoot(_ configuration: DatasetConfiguration) -> String? {
        guard let slash = config.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let folder = String(config[..<slash])
        let lists = configuration.sources.compactMap(\.dataPath).map { "\(folder)/\($0)" }
        return lists.allSatisfy { Disk.exists($0) } ? folder : nil
    }
}
