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

    enum Tokenizer: String, ExpressibleByArgument, CaseIterable {
        case bytes
    }

    /// Reads the configuration and opens the data set.
    func open() throws -> (training: TrainingConfiguration, dataset: CaptionDataset) {
        let training = try TrainingConfiguration(file: config)
        let logger = Logger(label: "redcaps")
        for note in training.notes { logger.notice("\(note)") }
        let dataset = try CaptionDataset(
            training.dataset, root: root ?? defaultRoot(training.dataset),
            tokenizer: tokenizer == .bytes ? ByteTokenizer() : nil, padIndex: training.padIndex,
            logger: logger)
        return (training, dataset)
    }

    private func defaultRoot(_ configuration: CaptionDatasetConfiguration) -> String? {
        guard let slash = config.lastIndex(of: "/") else { return nil }
        let folder = String(config[..<slash])
        return Disk.exists("\(folder)/\(configuration.dataPath)") ? folder : nil
    }
}
