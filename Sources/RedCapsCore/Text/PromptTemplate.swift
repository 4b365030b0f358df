/// What a caption is wrapped in before it is tokenized.
///
/// The reference formats three strings with Python's `str.format`; only `{input}` and doubled braces
/// mean anything in them, and braces in a caption mean nothing.
public struct PromptTemplate: Sendable, Equatable {
    private let generation: FormatString
    private let unconditional: String
    private let instruction: FormatString
    private let imageStart: String

    /// - Parameters:
    ///   - generation: `GENERATION`, with `{input}` for the caption.
    ///   - unconditional: `CFG`, for a dropped caption.
    ///   - instruction: `INSTRUCTION`, with `{input}` for one of the above.
    ///   - imageStart: `IMG_START_TOKEN`, appended at the end; empty for none.
    /// - Throws: `ConfigurationError` for a format with anything but `{input}` in braces.
    public init(
        generation: String, unconditional: String, instruction: String, imageStart: String
    ) throws(ConfigurationError) {
        try self.init(
            generation: generation, unconditional: unconditional, instruction: instruction,
            imageStart: imageStart, path: { $0 })
    }

    /// - Parameter path: The path of a key in its file, for messages.
    init(
        generation: String, unconditional: String, instruction: String, imageStart: String,
        path: (String) -> String
    ) throws(ConfigurationError) {
        self.generation = try FormatString(generation, at: path("GENERATION"))
        self.unconditional = unconditional
        self.instruction = try FormatString(instruction, at: path("INSTRUCTION"))
        self.imageStart = imageStart
    }

    /// What InternVL3 and other chat models on Qwen2 are trained with by the reference.
    public static let internVL3 = PromptTemplate(
        generation: FormatString(literals: ["Generate an image: ", ""]),
        unconditional: "Generate an image.",
        instruction: FormatString(
            literals: ["<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"]),
        imageStart: "<img>")

    /// Qwen2's chat, without a token that starts an image.
    public static let qwen2Chat = PromptTemplate(
        generation: internVL3.generation, unconditional: internVL3.unconditional,
        instruction: internVL3.instruction, imageStart: "")

    private init(
        generation: FormatString, unconditional: String, instruction: FormatString,
        imageStart: String
    ) {
        self.generation = generation
        self.unconditional = unconditional
        self.instruction = instruction
        self.imageStart = imageStart
    }

    /// The prompt for a caption, or for a dropped one.
    public func prompt(for caption: String?) -> String {
        let input = caption.map { generation.filled(with: PythonText.strip($0)) } ?? unconditional
        return instruction.filled(with: input) + imageStart
    }

    /// The prompt for a caption, and where the caption is in its UTF-8.
    func markedPrompt(for caption: String) -> (text: String, captions: [Range<Int>]) {
        let caption = PythonText.strip(caption)
        var text = ""
        var captions: [Range<Int>] = []
        for (number, literal) in instruction.literals.enumerated() {
            if number > 0 {
                for (number, literal) in generation.literals.enumerated() {
                    if number > 0 {
                        let start = text.utf8.count
                        text += caption
                        captions.append(start..<text.utf8.count)
                    }
                    text += literal
                }
            }
            text += literal
        }
        return (text + imageStart, captions)
    }
}

/// A string for Python's `str.format` whose only field is `{input}`.
private struct FormatString: Sendable, Equatable {
    /// What stands between the fields.
    let literals: [String]

    init(literals: [String]) { self.literals = literals }

    init(_ format: String, at keyPath: String) throws(ConfigurationError) {
        var literals = [""]
        var rest = Substring(format).unicodeScalars
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            literals[literals.count - 1] += String(rest[..<brace])
            rest = rest[brace...]
            if rest.starts(with: "{{".unicodeScalars) || rest.starts(with: "}}".unicodeScalars) {
                literals[literals.count - 1] += String(rest.removeFirst())
                rest.removeFirst()
            } else if rest.starts(with: "{input}".unicodeScalars) {
                rest.removeFirst("{input}".count)
                literals.append("")
            } else {
                throw ConfigurationError(
                    keyPath, value: "\"\(format)\"",
                    "only {input} may stand in braces; write {{ and }} for braces themselves")
            }
        }
        literals[literals.count - 1] += String(rest)
        self.literals = literals
    }

    func filled(with input: String) -> String { literals.joined(separator: input) }
}
