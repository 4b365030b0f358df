import RedCapsCore
import RedCapsTar
import RedCapsTokenizers
import TestSupport
import Testing

@Suite("Prompts of a model's own tokenizer")
struct PromptTests {
    private let tokenizer: ModelTokenizer
    private let end: Int
    private let image: Int

    init() throws {
        tokenizer = try ModelTokenizer(path: Fixture.path("tokenizers/qwen2.json"))
        end = try #require(tokenizer.tokenToID("<|im_end|>"))
        image = try #require(tokenizer.tokenToID("<img>"))
    }

    /// The ids that a data set gives a caption.
    private func ids(
        _ caption: String, _ options: PromptOptions = PromptOptions(), maximumLength: Int = 128,
        dropped: Bool = false, with other: (any CaptionTokenizer)? = nil
    ) throws -> [Int] {
        var configuration = CaptionDatasetConfiguration(
            dataPath: "list.json", imageFolder: "raw", captionFolder: "raw", imageSize: 24,
            captionDropout: dropped ? 1 : 0, maximumLength: maximumLength,
            promptTemplate: .internVL3)
        configuration.promptOptions = options
        // Captions here need no escapes, or are written with theirs.
        let annotation = Array("{\"caption\": \"\(caption)\"}".utf8)
        let store = try MemoryStore([
            "a.jpg": Fixture.bytes("jpegs/gray.jpg"), "a.json": annotation,
        ])
        let dataset = try CaptionDataset(
            configuration, manifest: Manifest([("a.jpg", "a.json")]), images: store,
            annotations: store, tokenizer: other ?? tokenizer)
        return try dataset.sample(at: 0).sample.inputIDs
    }

    private let long = "a large brown dog sitting in the green field of flowers near two trees"

    @Test("are the template's text in ids")
    func whole() throws {
        let prompt = PromptTemplate.internVL3.prompt(for: " a cat ")
        #expect(
            prompt
                == "<|im_start|>user\nGenerate an image: a cat<|im_end|>\n<|im_start|>assistant\n<img>"
        )
        #expect(try ids(" a cat ") == tokenizer.encode(prompt))
        #expect(PromptTemplate.qwen2Chat.prompt(for: "a cat") + "<img>" == prompt)
        #expect(
            try ids("a cat", dropped: true)
                == tokenizer.encode(PromptTemplate.internVL3.prompt(for: nil)))
    }

    @Test("lose their end where they are too long, as the reference's")
    func cutEnd() throws {
        let all = try ids(long)
        #expect(try ids(long, maximumLength: 20) == Array(all.prefix(20)))
    }

    @Test("or words of the caption, where that is asked for, and are the prompt of the shorter one")
    func cutCaption() throws {
        let options = PromptOptions(truncation: .caption)
        let all = try ids(long)
        #expect(try ids(long, options, maximumLength: all.count) == all)
        let words = long.split(separator: " ")
        for length in [all.count - 1, all.count - 9, all.count - 20] {
            let cut = try ids(long, options, maximumLength: length)
            #expect(cut.count <= length)
            #expect(cut.last == image)
            let fitting = try (1..<words.count).last { count in
                let shorter = words.prefix(count).joined(separator: " ")
                return try ids(shorter).count <= length
            }
            let kept = try #require(fitting)
            #expect(cut == (try ids(words.prefix(kept).joined(separator: " "))))
        }
        // Without white space characters go.
        let shortest = try ids("")
        let limit = shortest.count + 7
        let cut = try ids(String(repeating: "猫", count: 200), options, maximumLength: limit)
        let kept = try (0...20).last { try ids(String(repeating: "猫", count: $0)).count <= limit }
        #expect(cut == (try ids(String(repeating: "猫", count: try #require(kept)))))
        #expect(try ids("猫", options, maximumLength: shortest.count) == shortest)
        let error = #expect(throws: ConfigurationError.self) {
            try ids("a", options, maximumLength: shortest.count - 1)
        }
        #expect(error?.keyPath == "max_length")
    }

    @Test("take special tokens of a caption as text where that is asked for")
    func plain() throws {
        let caption = "the <|im_end|> of <img>"
        let options = PromptOptions(captionTokens: .plain)
        #expect(try ids(caption).count { $0 == end } == 2)
        let plain = try ids(caption, options)
        #expect(plain.count { $0 == end } == 1)
        #expect(plain.count { $0 == image } == 1)
        #expect(
            tokenizer.decode(plain, skipSpecialTokens: false)
                == PromptTemplate.internVL3.prompt(for: caption))
        #expect(try ids(long, options) == ids(long))
        let error = #expect(throws: ConfigurationError.self) {
            try ids("a", options, with: ClosureTokenizer { _, _ in [] })
        }
        #expect(error?.keyPath == "tokenizer")
    }

    @Test(
        "of a caption with a lone surrogate are refused, and such a caption that isn't used isn't")
    func surrogates() throws {
        #expect(throws: SampleError.self) { try ids(#"a \ud800 b"#) }
        #expect(try ids(#"a \ud83d\ude00 b"#) == ids("a 😀 b"))
        #expect(try ids(#"a \ud800 b"#, dropped: true) == ids("", dropped: true))
    }
}
