import ArgumentParser
import Logging
import RedCapsCore

/// Which data set: the arguments that the verbs share.
struct DatasetOptions: ParsableArguments {
    @Option(
        help:
            "The configuration: a whole dump of mmengine's, or just a data set's dictionary (JSON)."
    )
    var config: String

    @Option(
        help: ArgumentHelp(
            "What relative paths in the configuration are relative to.",
            discussion:
                "By default the configuration's own folder if its list is there, else the working directory.",
            valueName: "dir"))
    var root: String?

    @Option(help: "Instead of the configuration's tokenizer; only \"bytes\" is built in.")
    var tokenizer: Tokenizer?

    @Option(help: "What to do about samples whose files are in no shard: fail or drop.")
    var missing = Missing.fail

    @Option(
        help: ArgumentHelp(
            "Leave out the samples of this file, which `verify --list-bad` writes.",
            valueName: "file"))
    var exclude: String?

    enum Missing: String, ExpressibleByArgument, CaseIterable {
        case fail
        case drop
    }

    enum Tokenizer: String, ExpressibleByArgument, CaseIterable {
        case bytes
    }

    /// Reads the configuration and opens the data set.
    func open(
        _ imageOptions: ImageOptions = ImageOptions()
    ) throws -> (training: TrainingConfiguration, dataset: CaptionDataset) {
        let training = try TrainingConfiguration(file: config)
        let logger = Logger(label: "redcaps")
        var bar = ProgressBar(total: 1, unit: "shards")
        defer { bar.finish() }
        let dataset = try CaptionDataset(
            training, root: root ?? defaultRoot(training.dataset),
            tokenizer: tokenizer == .bytes ? ByteTokenizer() : nil, imageOptions: imageOptions,
            missing: missing == .drop ? .dropAtOpen : .failSample,
            excluding: try exclude.map { try ExclusionList(file: $0) } ?? ExclusionList(),
            progress: { bar.show($0.finishedShards, of: $0.shardCount) }, logger: logger)
        return (training, dataset)
    }

    private func defaultRoot(_ configuration: CaptionDatasetConfiguration) -> String? {
        guard let slash = config.lastIndex(of: "/") else { return nil }
        let folder = String(config[..<slash])
        return Disk.exists("\(folder)/\(configuration.dataPath)") ? folder : nil
    }
}
