import RedCapsBase
import RedCapsTokenizers
import RedCapsCore
import Testing

@Suite("Prompts")
struct PromptTests {
    private func template(
        generation: String = "Generate: {input}", unconditional: String = "Nothing.",
        instruction: String = "<{input}>", imageStart: String = "<img>"
    ) throws -> PromptTemplate {
        try PromptTemplate(
            generation: generation, unconditional: unconditional, instruction: instruction,
            imageStart: imageStart)
    }

    @Test("A caption is stripped and wrapped; a dropped one is replaced")
    func wrapped() throws {
        #expect(try template().prompt(for: "  a cat\n") == "<Generate: a cat><img>")
        #expect(try template().prompt(for: nil) == "<Nothing.><img>")
        #expect(try template().prompt(for: " ") == "<Generate: ><img>")
    }

    @Test("Braces in a caption mean nothing, doubled ones in a template are braces")
    func braces() throws {
        #expect(try template().prompt(for: "{input} {0} {{") == "<Generate: {input} {0} {{><img>")
        #expect(
            try template(generation: "{{{input}}} {input}", instruction: "{input}").prompt(for: "x")
                == "{x} x<img>")
        #expect(try template(generation: "no place").prompt(for: "x") == "<no place><img>")
        #expect(try template(unconditional: "{as it is}").prompt(for: nil) == "<{as it is}><img>")
    }

    @Test(
        "Anything else in braces is refused by its key",
        arguments: [
            "{}", "{0}", "{caption}", "{input!r}", "{input:>5}", "{", "}", "{input", "{\u{301}",
        ])
    func refused(format: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try template(generation: format) }
        #expect(error?.keyPath == "GENERATION")
        let other = #expect(throws: ConfigurationError.self) { try template(instruction: format) }
        #expect(other?.keyPath == "INSTRUCTION")
    }

    @Test("Exactly Python's 29 white-space points are stripped, from both ends only")
    func strip() throws {
        let spaces: [ClosedRange<UInt32>] = [
            0x09...0x0D, 0x1C...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A,
            0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
        ]
        #expect(spaces.reduce(0) { $0 + $1.count } == 29)
        let template = try template(generation: "{input}", instruction: "{input}", imageStart: "")
        for value in 0...0x3100 as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = "\(Character(scalar))a\(Character(scalar))b\(Character(scalar))"
            let isSpace = spaces.contains { $0.contains(value) }
            let expected = isSpace ? "a\(Character(scalar))b" : text
            #expect(
                template.prompt(for: text).unicodeScalars.elementsEqual(expected.unicodeScalars),
                "U+\(String(value, radix: 16))")
        }
        // A combining mark after a space makes one Character of both, but Python strips the space.
        #expect(
            template.prompt(for: " \u{301}a").unicodeScalars.elementsEqual(
                "\u{301}a".unicodeScalars))
    }

    @Test("The dictionary of a configuration is decoded, and told what it lacks")
    func dictionary() throws {
        func decode(_ json: String) throws -> PromptTemplate {
            try PromptTemplate(JSONValue(parsing: Array(json.utf8)), at: "dataset.prompt_template")
        }
        let full = #"""
            {"GENERATION": "G {input}", "CFG": "C", "INSTRUCTION": "I {input}", "IMG_START_TOKEN": "<img>",
             "SUFFIX": "ignored", "SUFFIX_AS_EOS": true}
            """#
        #expect(try decode(full).prompt(for: "x") == "I G x<img>")
        let silent = full.replacing(
            "\"SUFFIX\"", with: "\"IMG_START_TOKEN_FOR_GENERATION\": false, \"SUFFIX\"")
        #expect(try decode(silent).prompt(for: "x") == "I G x")
        for key in ["GENERATION", "CFG", "INSTRUCTION", "IMG_START_TOKEN"] {
            let error = #expect(throws: ConfigurationError.self) {
                try decode(full.replacing("\"\(key)\"", with: "\"OTHER\""))
            }
            #expect(error?.keyPath == "dataset.prompt_template.\(key)")
        }
    }
}

@Suite("Tokenizers")
struct TokenizerTests {
    @Test("The byte-level tokenizer gives ByT5's ids")
    func bytes() {
        let tokenizer = ByteTokenizer()
        #expect(tokenizer.encode("aé", addSpecialTokens: true) == [100, 198, 172, 1])
        #expect(tokenizer.encode("aé", addSpecialTokens: false) == [100, 198, 172])
        #expect(tokenizer.encode("", addSpecialTokens: true) == [1])
        #expect(tokenizer.encode("\0\u{FF}", addSpecialTokens: false) == [3, 198, 194])
    }

    @Test("Text that looks like a special token stays bytes")
    func specialText() {
        #expect(
            ByteTokenizer().encode("</s><pad>", addSpecialTokens: false)
                == "</s><pad>".utf8.map { Int($0) + 3 })
    }

    @Test("A closure is a tokenizer, and may throw")
    func closure() throws {
        struct Refused: Error {}
        let tokenizer = ClosureTokenizer { text, addsSpecialTokens in
            if text.isEmpty { throw Refused() }
            return [text.count, addsSpecialTokens ? 1 : 0]
        }
        #expect(try tokenizer.encode("four", addSpecialTokens: true) == [4, 1])
        #expect(throws: Refused.self) { try tokenizer.encode("", addSpecialTokens: false) }
    }
}
