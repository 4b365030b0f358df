public import Logging
public import RedCapsBase
public import RedCapsImage
public import RedCapsTar
public import RedCapsTokenizers

extension CaptionDataset {
    /// Opens the data set of a training configuration, with its padding id; what the configuration
    /// has that is left out of account is logged. For one of several data sets, there is
    /// `ConcatDataset`.
    /// - Throws: As the initializer for a data set's own configuration.
    public convenience init(
        _ training: TrainingConfiguration, root: String? = nil,
        tokenizer: (any CaptionTokenizer)? = nil, imageOptions: ImageOptions = ImageOptions(),
        missing: MissingPolicy = .failSample, excluding: SkipList = SkipList(),
        cancellation: Cancellation? = nil, progress: ((IndexProgress) -> Void)? = nil,
        logger: Logger = Logger(label: "RedCaps")
    ) throws {
        let sources = training.dataset.sources
        guard let source = sources.first, sources.count == 1 else {
            throw ConfigurationError(
                "dataset", "has \(sources.count) data sets; open it with ConcatDataset")
        }
        for note in training.notes { logger.notice("\(note)") }
        try self.init(
            source, root: root, tokenizer: tokenizer, imageOptions: imageOptions,
            padIndex: training.padIndex, missing: missing, excluding: excluding,
            cancellation: cancellation, progress: progress, logger: logger)
    }
}
