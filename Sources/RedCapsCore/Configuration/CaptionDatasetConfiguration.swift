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
        var mistakes: [ConfigurationError] = []
        func take<Value>(
            _ body: (inout ConfigurationReader) throws(ConfigurationError) -> Value
        ) -> Value? {
            ConfigurationError.collecting(&mistakes) { () throws(ConfigurationError) in
                try body(&reader)
            }
        }
        let isText = take { (r) throws(ConfigurationError) in try Self.readType(&r) } ?? false
        for (key, reason) in Self.refusedKeys {
            _ = take { (r) throws(ConfigurationError) in try r.refuse(key, reason) }
        }
        dataPath = take { (r) throws(ConfigurationError) in try r.string("data_path") }
        imageFolder = take { (r) throws(ConfigurationError) in try r.string("image_folder") }
        captionFolder = take { (r) throws(ConfigurationError) in try r.string("cap_folder") }
        let captionKey = take { (r) throws(ConfigurationError) in
            try r.string("cap_source", default: "caption")
        }
        captionFormat = isText ? .text : .json(key: captionKey ?? "")
        func integer(_ key: String, _ fallback: Int, _ range: ClosedRange<Int>) -> Int {
            take { (r) throws(ConfigurationError) in
                try r.integer(key, default: fallback, in: range)
            } ?? fallback
        }
        imageSize = integer("image_size", 256, 1...16384)
        minimumImageSize = integer("min_image_size", 80, 0...1_000_000)
        python.imageLength = integer("image_length", 256, 0...1_000_000_000)
        captionDropout =
            take { (r) throws(ConfigurationError) in try r.fraction("unconditional", default: 0.1) }
            ?? 0
        maximumLength = integer("max_length", 128, 1...1_000_000_000)
        python.alwaysLoadsFirst =
            take { (r) throws(ConfigurationError) in try r.bool("debug", default: false) } ?? false
        let template = take { (r) throws(ConfigurationError) in
            guard let template = r.value("prompt_template") else {
                throw r.failure("prompt_template", "a prompt template is needed")
            }
            return try PromptTemplate(template, at: r.path("prompt_template"))
        }
        tokenizer =
            take { (r) throws(ConfigurationError) in
                try r.value("tokenizer").map { value throws(ConfigurationError) in
                    try TokenizerConfiguration(value, at: r.path("tokenizer"))
                }
            } ?? nil
        addsSpecialTokens =
            take { (r) throws(ConfigurationError) in try Self.addsSpecialTokens(&r) } ?? true
        try ConfigurationError.end(with: mistakes)
        guard let template else { throw reader.failure("prompt_template", "a template is needed") }
        promptTemplate = template
        python.notes = tokenizer?.notes ?? []
        python.unknownKeys = reader.unknownKeys + (tokenizer?.unknownKeys ?? [])
    }

    /// The keys of a data set.
    static let keys = [
        "type", "data_path", "image_folder", "cap_folder", "cap_source", "image_size",
        "min_image_size", "image_length", "unconditional", "max_length", "debug",
        "prompt_template", "tokenizer", "tokenizer_kwargs",
    ]

    /// What would change the data and isn't built, and what to do instead.
    private static let refusedKeys = [
        ("ceph_folder", ceph), ("ceph_config", ceph), ("latents_ceph_folder", ceph),
        ("image_latents_folder", "precomputed latents and tokens aren't supported"),
        ("image_tokens_folder", "precomputed latents and tokens aren't supported"),
        ("image_processor", "other image processors aren't supported"),
    ]
    private static let ceph = "reading from Ceph isn't supported; point the folders at files"

    private static func addsSpecialTokens(
        _ reader: inout ConfigurationReader
    ) throws(ConfigurationError) -> Bool {
        guard let value = reader.value("tokenizer_kwargs") else { return true }
        var options = try ConfigurationReader(value, at: reader.path("tokenizer_kwargs"))
        let adds = try options.bool("add_special_tokens", default: true)
        if let key = options.unknownKeys.first {
            throw ConfigurationError(key, "this option of the tokenizer isn't supported")
        }
        return adds
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
