import RedCapsBase

/// How text is prepared for a vocabulary whose files don't say so: `vocab.json` with `merges.txt`,
/// and rank files.
public struct BytePairFamily: Sendable, Hashable {
    /// A stable name.
    public let name: String

    /// Qwen2, 2.5 and 3, InternVL3, and Qwen's rank file.
    public static let qwen2 = BytePairFamily(name: "qwen2")
    /// GPT-2.
    public static let gpt2 = BytePairFamily(name: "gpt2")
    /// RoBERTa: GPT-2's, between `<s>` and `</s>`.
    public static let roberta = BytePairFamily(name: "roberta")
    /// CLIP: small letters, words with an ending.
    public static let clip = BytePairFamily(name: "clip")
    /// GPT-4 (cl100k) and Llama 3.
    public static let gpt4 = BytePairFamily(name: "gpt4")
    /// GPT-4o (o200k) and Llama 4.
    public static let gpt4o = BytePairFamily(name: "gpt4o")

    /// All families, by whose names the command line takes them.
    public static let all: [BytePairFamily] = [.qwen2, .gpt2, .roberta, .clip, .gpt4, .gpt4o]

    private init(name: String) { self.name = name }

    /// The family of a rank file by its published name.
    init?(rankFile: String) {
        switch rankFile {
        case "qwen.tiktoken": self = .qwen2
        case "r50k_base.tiktoken", "p50k_base.tiktoken": self = .gpt2
        case "cl100k_base.tiktoken": self = .gpt4
        case "o200k_base.tiktoken": self = .gpt4o
        default: return nil
        }
    }

    /// `\s+`.
    private static let spaces = Pattern(repeating: ScalarSet(.space))

    /// The ending of the last symbol of a word.
    var suffix: String { self == .clip ? "</w>" : "" }

    /// The pipeline for a model, without added tokens.
    /// - Parameter addsPrefixSpace: Whether the first word gets a space in front, or every word if the
    ///   family splits before that; in CLIP's it has no effect.
    func pipeline(
        _ model: BytePairModel, addsPrefixSpace: Bool = false, _ file: String
    ) throws(TokenizerError) -> TokenizerPipeline {
        var pipeline = TokenizerPipeline(model: model)
        let start: [SplitStep] = addsPrefixSpace ? [.prefixSpace] : []
        switch self {
        case .qwen2:
            pipeline.normalization = [.compose(compatible: false)]
            pipeline.splits = [.gpt4(numbers: 1)] + start
        case .gpt4: pipeline.splits = [.gpt4(numbers: 3)] + start
        case .gpt4o: pipeline.splits = [.gpt4o] + start
        case .clip:
            pipeline.normalization = [
                .compose(compatible: false), .replace(Self.spaces, with: [0x20]), .lowercase,
            ]
            do {
                pipeline.splits = [
                    try SplitStep(pattern: SplitStep.clipPattern, .removed, isInverted: true),
                    .gpt2,  // only splits `<|startoftext|>`, where that isn't a token
                ]
            } catch {
                throw TokenizerError(.unsupported, file: file, error.reason)
            }
        default: pipeline.splits = start + [.gpt2]
        }
        return pipeline
    }
}
