import RedCapsTokenizers

/// Makes ids of captions: the template around them, the tokenizer, the greatest length.
struct PromptEncoder: Sendable {
    private let template: PromptTemplate
    private let tokenizer: any CaptionTokenizer
    private let options: PromptOptions
    private let maximumLength: Int
    private let addsSpecialTokens: Bool
    /// The ids of a dropped caption's prompt, which are always the same.
    private let dropped: Result<[Int], any Error>

    /// - Throws: `ConfigurationError` if the tokenizer can't do what the options want, or the prompt
    ///   doesn't fit even without a caption that could be cut.
    init(
        _ configuration: CaptionDatasetConfiguration, _ tokenizer: any CaptionTokenizer
    ) throws(ConfigurationError) {
        template = configuration.promptTemplate
        self.tokenizer = tokenizer
        options = configuration.promptOptions
        maximumLength = configuration.maximumLength
        addsSpecialTokens = configuration.addsSpecialTokens
        let (prompt, adds) = (template.prompt(for: nil), addsSpecialTokens)
        dropped = Result { try tokenizer.encode(prompt, addSpecialTokens: adds) }
        if options.captionTokens == .plain, !(tokenizer is any PlainTextTokenizer) {
            throw ConfigurationError(
                "tokenizer", "it can't take special tokens in captions as plain text")
        }
        if options.truncation == .caption {
            let empty = template.prompt(for: "")
            let shortest = Result { try tokenizer.encode(empty, addSpecialTokens: adds) }
            for result in [shortest, dropped] {
                guard case .success(let ids) = result, ids.count > maximumLength else { continue }
                throw ConfigurationError(
                    "max_length", value: "\(maximumLength)",
                    "the prompt has \(ids.count) ids without a caption that could be cut")
            }
        }
    }

    /// The ids for a caption, or for a dropped one; at most as many as are allowed.
    func ids(for caption: String?) throws -> [Int] {
        guard let caption else { return Array(try dropped.get().prefix(maximumLength)) }
        let ids = try encode(caption)
        guard ids.count > maximumLength else { return ids }
        if options.truncation == .caption { return try cut(PythonText.strip(caption)) }
        return Array(ids.prefix(maximumLength))
    }

    private func encode(_ caption: String) throws -> [Int] {
        let prompt = template.markedPrompt(for: caption)
        if options.captionTokens == .plain, let tokenizer = tokenizer as? any PlainTextTokenizer {
            return try tokenizer.encode(
                prompt.text, plain: prompt.captions, addSpecialTokens: addsSpecialTokens)
        }
        return try tokenizer.encode(prompt.text, addSpecialTokens: addsSpecialTokens)
    }

    /// The ids for as many words of a caption as fit, or else as many characters of the first.
    private func cut(_ caption: String) throws -> [Int] {
        let scalars = caption.unicodeScalars
        let ends = scalars.indices.filter { index in
            PythonText.isSpace(scalars[index])
                && !PythonText.isSpace(scalars[scalars.index(before: index)])
        }
        if let ids = try longest(caption, endingAt: ends) { return ids }
        let word = ends.first.map { scalars[..<$0].indices } ?? scalars[...].indices
        return try longest(caption, endingAt: Array(word)) ?? encode("")
    }

    /// The ids for the longest beginning of a caption that fits.
    private func longest(_ caption: String, endingAt ends: [String.Index]) throws -> [Int]? {
        var best: [Int]?
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            let ids = try encode(String(caption[..<ends[middle]]))
            if ids.count <= maximumLength {
                best = ids
                low = middle + 1
            } else {
                high = middle
            }
        }
        return best
    }
}
