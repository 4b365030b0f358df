import RedCapsTokenizers
import TestSupport
import Testing

@Suite("Beside the tokenizer, tokenizer_config.json")
struct SettingsTests {
    private func tokenizer(_ settings: String, _ json: String = Models.json()) throws
        -> ModelTokenizer
    {
        let folder = try TemporaryFolder()
        try folder.write("tokenizer.json", json)
        try folder.write("tokenizer_config.json", settings)
        return try ModelTokenizer(path: folder.path)
    }

    @Test("adds the tokens that the vocabulary lacks, in the order of their ids")
    func added() throws {
        let tokenizer = try tokenizer(
            #"""
            {"added_tokens_decoder": {
             "5": {"content": "<y>", "lstrip": true, "normalized": false, "special": true},
             "4": {"content": "<x>", "normalized": false, "special": false}}, "pad_token": "<z>"}
            """#)
        #expect(try tokenizer.encode("a<x>b <y><z>") == [0, 4, 1, 5, 6])
        #expect(tokenizer.decode([0, 4, 5, 6]) == "a<x>")
    }

    @Test("puts the beginning and the end of a sequence around texts if it names no class")
    func sequences() throws {
        let json = Models.json(
            postProcessor: #"{"type": "RobertaProcessing", "sep": ["b", 1], "cls": ["b", 1]}"#)
        let around = try tokenizer(
            #"""
            {"add_bos_token": true, "add_eos_token": true, "bos_token": "<s>",
             "eos_token": {"content": "</s>"}}
            """#,
            json)
        #expect(try around.encode("a") == [4, 0, 5])
        #expect(try around.encode("a", addSpecialTokens: false) == [0])
        let none = try tokenizer(#"{"add_bos_token": false, "bos_token": "<s>"}"#, json)
        #expect(try none.encode("a") == [0])
        let silent = try tokenizer(#"{"bos_token": "<s>"}"#, json)
        #expect(try silent.encode("a") == [1, 0, 1])
        // A flag for the end says nothing of the beginning; one for the beginning makes both anew.
        let end = try tokenizer(#"{"add_eos_token": false}"#, json)
        #expect(try end.encode("a") == [1, 0])
        let beginning = try tokenizer(#"{"add_bos_token": true, "bos_token": "<s>"}"#, json)
        #expect(try beginning.encode("a") == [4, 0])
        let null = try tokenizer(#"{"add_bos_token": null, "add_eos_token": null}"#, json)
        #expect(try null.encode("a") == [1, 0, 1])
    }

    @Test("that would change the pattern of a Mistral tokenizer is refused, unless it is that one")
    func mistral() throws {
        let fixed =
            #"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"#
            + #"|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"#
            + #"|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"#
        func json(_ pattern: String) -> String {
            Models.json(
                preTokenizer: #"""
                    {"type": "Sequence", "pretokenizers": [
                     {"type": "Split", "pattern": {"Regex": "\#(pattern)"}, "behavior": "Isolated"},
                     {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}
                    """#)
        }
        for value in ["false", "null"] {
            _ = try tokenizer(#"{"fix_mistral_regex": \#(value)}"#, json("\\\\s+"))
        }
        #expect(
            try tokenizer(#"{"fix_mistral_regex": true}"#, json(fixed)).encode("ab") == [2])
        for pattern in ["\\\\s+", fixed + "|a"] {
            let error = #expect(throws: TokenizerError.self) {
                try tokenizer(#"{"fix_mistral_regex": true}"#, json(pattern))
            }
            #expect(error?.keyPath == "fix_mistral_regex")
            #expect(error?.code == .unsupported)
        }
    }

    @Test("whose ids aren't the vocabulary's is refused")
    func contradiction() throws {
        let error = #expect(throws: TokenizerError.self) {
            try tokenizer(#"{"added_tokens_decoder": {"7": {"content": "<x>"}}}"#)
        }
        #expect(error?.keyPath == "added_tokens_decoder.7.content")
    }

    @Test(
        "that says what can't be is refused by its key",
        arguments: [
            (#"{"bos_token": 5}"#, "bos_token"), (#"{"eos_token": {}}"#, "eos_token.content"),
            (#"{"extra_special_tokens": ["<x>", 5]}"#, "extra_special_tokens[1]"),
            (#"{"extra_special_tokens": {"x": 5}}"#, "extra_special_tokens.x"),
            (#"{"extra_special_tokens": "<x>"}"#, "extra_special_tokens"),
            (#"{"additional_special_tokens": {}}"#, "additional_special_tokens"),
            (#"{"image_token": {"lstrip": true}}"#, "image_token.content"),
            (#"{"added_tokens_decoder": {"x": {"content": "y"}}}"#, "added_tokens_decoder.x"),
            (#"{"add_bos_token": "true"}"#, "add_bos_token"),
            (#"{"split_special_tokens": true}"#, "split_special_tokens"),
            (#"{"fix_mistral_regex": true}"#, "fix_mistral_regex"),
            (#"{"fix_mistral_regex": "yes"}"#, "fix_mistral_regex"),
        ])
    func refusals(settings: String, keyPath: String) throws {
        let error = #expect(throws: TokenizerError.self) { try tokenizer(settings) }
        #expect(error?.keyPath == keyPath)
        #expect(error?.file.hasSuffix("/tokenizer_config.json") == true)
    }

    @Test("without the tokens that a class puts around texts is refused")
    func nothingAround() throws {
        let folder = try TemporaryFolder()
        try folder.write("vocab.json", #"{"a": 0}"#)
        try folder.write("merges.txt", "")
        try folder.write(
            "tokenizer_config.json", #"{"tokenizer_class": "CLIPTokenizer", "bos_token": null}"#)
        let error = #expect(throws: TokenizerError.self) {
            try ModelTokenizer(path: folder.path)
        }
        #expect(error?.keyPath == "bos_token")
        try folder.write("tokenizer_config.json", #"{"tokenizer_class": "CLIPTokenizer"}"#)
        try folder.write("special_tokens_map.json", #"{"eos_token": ""}"#)
        let older = #expect(throws: TokenizerError.self) {
            try ModelTokenizer(path: folder.path)
        }
        #expect(older?.file.hasSuffix("special_tokens_map.json") == true)
        #expect(older?.keyPath == "eos_token")
    }

    @Test("says by its class how vocab.json and merges.txt are used")
    func families() throws {
        let folder = try TemporaryFolder()
        try folder.write("vocab.json", #"{"a": 0, "b": 1, "ab": 2, "Ġ": 3, "<|endoftext|>": 4}"#)
        try folder.write("merges.txt", "#version: 0.2\na b\n")
        let error = #expect(throws: TokenizerError.self) {
            try ModelTokenizer(path: folder.path)
        }
        #expect(error?.reason.contains("gpt2") == true)
        try folder.write("tokenizer_config.json", #"{"tokenizer_class": "T5Tokenizer"}"#)
        let unknown = #expect(throws: TokenizerError.self) {
            try ModelTokenizer(path: folder.path)
        }
        #expect(unknown?.file.hasSuffix("tokenizer_config.json") == true)
        #expect(unknown?.keyPath == "tokenizer_class")
        #expect(unknown?.reason.contains("T5Tokenizer") == true)
        try folder.write("tokenizer_config.json", #"{"tokenizer_class": "GPT2TokenizerFast"}"#)
        let tokenizer = try ModelTokenizer(path: folder.path)
        #expect(try tokenizer.encode("ab a<|endoftext|>") == [2, 3, 0, 4])
        try folder.write("merges.txt", "#version: 0.2\na b\nx y\n")
        let broken = #expect(throws: TokenizerError.self) {
            try ModelTokenizer(path: folder.path)
        }
        #expect(broken?.file.hasSuffix("merges.txt") == true)
        try folder.write("merges.txt", "#version: 0.2\na b\n")
        try folder.write("added_tokens.json", #"{"<x>": 6}"#)
        let old = #expect(throws: TokenizerError.self) { try ModelTokenizer(path: folder.path) }
        #expect(old?.file.hasSuffix("added_tokens.json") == true)
        #expect(old?.keyPath == "<x>")
        #expect(old?.reason.contains("5") == true)
    }

    @Test("A rank file is read, and refused with the line that is wrong")
    func ranks() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("tiny.tiktoken", "YQ== 0\nYg== 1\nYWI= 2\nYWJhYg== 3\n")
        let tokenizer = try ModelTokenizer(path: file, family: .gpt2)
        #expect(try tokenizer.encode("abab") == [3])
        #expect(try tokenizer.encode("aba") == [2, 0])
        #expect(throws: TokenizerError.self) { try ModelTokenizer(path: file) }
        for line in ["YQ== 0", "Yg==", "Y!== 2", "Yg== x", "Yg== 0"] {
            let bad = try folder.write("bad.tiktoken", "YQ== 0\n\(line)\n")
            let error = #expect(throws: TokenizerError.self) {
                try ModelTokenizer(path: bad, family: .gpt2)
            }
            #expect(error?.keyPath == "line 2")
        }
    }

    @Test("A published rank file has the special tokens that tiktoken or Qwen gives it")
    func specialRanks() throws {
        let folder = try TemporaryFolder()
        let ranks = "YQ== 0\nYg== 1\n"
        for (name, text, ids) in [
            (
                "cl100k_base", "a<|endoftext|>b<|fim_prefix|><|endofprompt|>",
                [0, 100257, 1, 100258, 100276]
            ),
            ("o200k_base", "<|endofprompt|>a<|endoftext|>", [200018, 0, 199999]),
            ("r50k_base", "a<|endoftext|>", [0, 50256]),
            ("qwen", "<|im_start|>ab<|extra_204|>", [151644, 0, 1, 151850]),
        ] {
            let file = try folder.write("\(name).tiktoken", ranks)
            let tokenizer = try ModelTokenizer(path: file)
            #expect(try tokenizer.encode(text) == ids)
            #expect(tokenizer.decode(ids, skipSpecialTokens: false) == text)
            #expect(!tokenizer.decode(ids).contains("<"))
        }
        let taken = try folder.write("r50k_base.tiktoken", ranks + "YWI= 50256\n")
        let error = #expect(throws: TokenizerError.self) { try ModelTokenizer(path: taken) }
        #expect(error?.reason.contains("<|endoftext|>") == true)
        let end = "PHxlbmRvZnRleHR8Pg=="
        let inside = try folder.write("r50k_base.tiktoken", ranks + "\(end) 50256\n")
        #expect(try ModelTokenizer(path: inside).encode("a<|endoftext|>") == [0, 50256])
        let elsewhere = try folder.write("r50k_base.tiktoken", ranks + "\(end) 2\n")
        let wrong = #expect(throws: TokenizerError.self) { try ModelTokenizer(path: elsewhere) }
        #expect(wrong?.reason.contains("rank 2") == true)
    }
}
