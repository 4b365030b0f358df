public import RedCapsBase

/// What the reference's `CaptionDataset` is configured with, checked.
///
/// Decoded from the dictionary that mmengine's `Config.dump` writes; `Docs/Configuration.md` lists
/// the keys. Defaults are the reference's.
public struct CaptionDatasetConfiguration: Sendable, Equatable {
    /// `data_path`: the list of samples, a `.json` file or a folder of them. A data set that is made
    /// of a manifest and of stores needs neither this nor the folders; one that is opened needs all
    /// three.
    public var dataPath: String?
    /// `image_folder`: what image paths are relative to; tars, an unpacked tree, or both.
    public var imageFolder: String?
    /// `cap_folder`: what annotation paths are relative to; may be the same.
    public var captionFolder: String?
    /// `type` and `cap_source`: where in an annotation the caption is.
    public var captionFormat: CaptionFormat
    /// `image_size`: the edge of the square that is trained on, in pixels.
    public var imageSize: Int
    /// `min_image_size`: an image must be wider and higher than this many pixels.
    public var minimumImageSize: Int
    /// `unconditional`: the share of captions dropped, 0 ... 1, for classifier-free guidance.
    public var captionDropout: Double
    /// `max_length`: the most ids that a prompt may have.
    public var maximumLength: Int
    /// `prompt_template`: what a caption is wrapped in.
    public var promptTemplate: PromptTemplate
    /// `tokenizer`: which tokenizer, as the configuration names it.
    public var tokenizer: TokenizerConfiguration?
    /// `tokenizer_kwargs.add_special_tokens`: whether the tokenizer adds its own tokens.
    public var addsSpecialTokens: Bool
    /// How prompts may differ from the reference's; no key of a configuration file.
    public var promptOptions = PromptOptions()
    /// What a file says besides that, for Python.
    public var python = PythonOptions()

    /// What is left of a configuration for Python when all that says what to load is taken out.
    public struct PythonOptions: Sendable, Equatable {
        /// `image_length`: of no effect on what is loaded, as in the reference.
        public var imageLength = 256
        /// `debug`: whether every index loads sample 0.
        public var alwaysLoadsFirst = false
        /// Keys that mean nothing to this data set, with their paths. They have no effect.
        public var unknownKeys: [String] = []
        /// Keys that mean something to Python alone, one line each, with the key path and the reason.
        public var notes: [String] = []
    }

    /// Makes a configuration in code; the defaults are the reference's.
    public init(
        dataPath: String? = nil, imageFolder: String? = nil, captionFolder: String? = nil,
        captionFormat: CaptionFormat = .json(key: "caption"), imageSize: Int = 256,
        minimumImageSize: Int = 80,
        captionDropout: Double = 0.1, maximumLength: Int = 128, promptTemplate: PromptTemplate,
        tokenizer: TokenizerConfiguration? = nil, addsSpecialTokens: Bool = true
    ) {
        self.dataPath = dataPath
        self.imageFolder = imageFolder
        self.captionFolder = captionFolder
        self.captionFormat = captionFormat
        self.imageSize = imageSize
        self.minimumImageSize = minimumImageSize
        self.captionDropout = captionDropout
        self.maximumLength = maximumLength
        self.promptTemplate = promptTemplate
        self.tokenizer = tokenizer
        self.addsSpecialTokens = addsSpecialTokens
    }

    /// Makes sure that the numbers are ones that a configuration file could have.
    /// - Throws: `ConfigurationError` with the offending number.
    func check() throws(ConfigurationError) {
        let ranges = [
            ("image_size", imageSize, 1...16384),
            ("min_image_size", minimumImageSize, 0...1_000_000),
            ("max_length", maximumLength, 1...1_000_000_000),
        ]
        for (key, value, range) in ranges where !range.contains(value) {
            throw ConfigurationError(
                key, value: "\(value)",
                "must be in \(range.lowerBound) ... \(range.upperBound)")
        }
        guard (0...1).contains(captionDropout) else {
            throw ConfigurationError(
                "unconditional", value: "\(captionDropout)", "must be in 0 ... 1")
        }
    }

    /// Decodes the dictionary of a data set.
    /// - Parameters:
    ///   - value: The dictionary.
    ///   - keyPath: Where it stands in its file, for messages.
    /// - Throws: `ConfigurationError` for a missing or bad value, and for what would change the
    ///   data and isn't built.
    public init(_ value: JSONValue, at keyPath: String = "") throws(ConfigurationError) {
        var reader = try ConfigurationReader(value, at: keyPath)
        let isText = try Self.readType(&reader)
        for key in ["ceph_folder", "ceph_config", "latents_ceph_folder"] {
            try reader.refuse(key, "reading from Ceph isn't supported; point the folders at files")
        }
        for key in ["image_latents_folder", "image_tokens_folder"] {
            try reader.refuse(key, "precomputed latents and tokens aren't supported")
        }
        try reader.refuse("image_processor", "other image processors aren't supported")
        dataPath = try reader.string("data_path")
        imageFolder = try reader.string("image_folder")
        captionFolder = try reader.string("cap_folder")
        let captionKey = try reader.string("cap_source", default: "caption")
        captionFormat = isText ? .text : .json(key: captionKey)
        imageSize = try reader.integer("image_size", default: 256, in: 1...16384)
        minimumImageSize = try reader.integer("min_image_size", default: 80, in: 0...1_000_000)
        python.imageLength = try reader.integer("image_length", default: 256, in: 0...1_000_000_000)
        captionDropout = try reader.fraction("unconditional", default: 0.1)
        maximumLength = try reader.integer("max_length", default: 128, in: 1...1_000_000_000)
        python.alwaysLoadsFirst = try reader.bool("debug", default: false)
        guard let template = reader.value("prompt_template") else {
            throw reader.failure("prompt_template", "a prompt template is needed")
        }
        promptTemplate = try PromptTemplate(template, at: reader.path("prompt_template"))
        tokenizer = try reader.value("tokenizer").map { value throws(ConfigurationError) in
            try TokenizerConfiguration(value, at: reader.path("tokenizer"))
        }
        python.notes = tokenizer?.notes ?? []
        addsSpecialTokens = true
        if let value = reader.value("tokenizer_kwargs") {
            var options = try ConfigurationReader(value, at: reader.path("tokenizer_kwargs"))
            addsSpecialTokens = try options.bool("add_special_tokens", default: true)
            if let key = options.unknownKeys.first {
                throw ConfigurationError(key, "this option of the tokenizer isn't supported")
            }
        }
        python.unknownKeys = reader.unknownKeys + (tokenizer?.unknownKeys ?? [])
    }

    /// Whether the annotations are plain text.
    private static func readType(
        _ reader: inout ConfigurationReader
    ) throws(ConfigurationError) -> Bool {
        switch try reader.typeName() {
        case nil, "CaptionDataset": return false
        case "BLIP3oDataset": return true
        default:
            throw reader.failure(
                "type", "only CaptionDataset, BLIP3oDataset and ConcatDataset are supported")
        }
    }
}

/// Where in an annotation's file the caption is.
public enum CaptionFormat: Sendable, Hashable {
    /// The file is a JSON object, and this key of it holds the caption.
    case json(key: String)
    /// The file is plain text, and the caption is all of it, without the space around it; the
    /// reference's `BLIP3oDataset`.
    case text
}
