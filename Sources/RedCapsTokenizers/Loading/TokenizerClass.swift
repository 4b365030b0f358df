/// A tokenizer class of Hugging Face's transformers that says what files leave out.
///
/// As of transformers 5.24; `llama` as of 4.57, because later ones forget `add_bos_token` beside a
/// `tokenizer.json`, without which DeepSeek's models miss their first token.
enum TokenizerClass: String {
    case qwen2 = "Qwen2Tokenizer"
    case gpt2 = "GPT2Tokenizer"
    case roberta = "RobertaTokenizer"
    case clip = "CLIPTokenizer"
    case llama = "LlamaTokenizer"

    /// The class of a `tokenizer_class`.
    init?(name: String) {
        let name = name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
        // Classes that are RoBERTa's by another name.
        let same = ["BartTokenizer", "LEDTokenizer", "LongformerTokenizer", "MvpTokenizer"]
        self.init(rawValue: same.contains(name) ? Self.roberta.rawValue : name)
    }

    /// The class whose files are prepared as a family's.
    init?(_ family: BytePairFamily) {
        switch family {
        case .qwen2: self = .qwen2
        case .gpt2: self = .gpt2
        case .roberta: self = .roberta
        case .clip: self = .clip
        default: return nil
        }
    }

    /// How it splits text, if files don't say so.
    var family: BytePairFamily? {
        switch self {
        case .qwen2: .qwen2
        case .gpt2: .gpt2
        case .roberta: .roberta
        case .clip: .clip
        case .llama: nil
        }
    }

    /// The keys of special tokens, in the order in which those that a vocabulary lacks are added.
    static let keys = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]

    /// The special token of a key that isn't in the files.
    func token(_ key: String) -> String? {
        switch (self, key) {
        case (.qwen2, "eos_token"), (.qwen2, "unk_token"), (.qwen2, "pad_token"): "<|endoftext|>"
        case (.gpt2, "bos_token"), (.gpt2, "eos_token"), (.gpt2, "unk_token"): "<|endoftext|>"
        case (.roberta, "bos_token"), (.roberta, "cls_token"): "<s>"
        case (.roberta, "eos_token"), (.roberta, "sep_token"): "</s>"
        case (.roberta, "unk_token"): "<unk>"
        case (.roberta, "pad_token"): "<pad>"
        case (.roberta, "mask_token"): "<mask>"
        case (.clip, "bos_token"): "<|startoftext|>"
        case (.clip, "eos_token"), (.clip, "unk_token"), (.clip, "pad_token"): "<|endoftext|>"
        case (.llama, "bos_token"): "<s>"
        case (.llama, "eos_token"): "</s>"
        case (.llama, "unk_token"): "<unk>"
        default: nil
        }
    }

    /// The keys of the tokens that it puts around texts, whatever files say.
    var around: (first: String, last: String)? {
        switch self {
        case .roberta: ("cls_token", "sep_token")
        case .clip: ("bos_token", "eos_token")
        default: nil
        }
    }
}
