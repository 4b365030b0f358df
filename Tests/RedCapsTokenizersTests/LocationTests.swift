import Foundation
import RedCapsCore
import RedCapsTokenizers
import TestSupport
import Testing

@Suite("A tokenizer of a configuration", .serialized)
struct LocationTests {
    private func configuration(_ name: String) throws -> TokenizerConfiguration {
        TokenizerConfiguration(type: "transformers.AutoTokenizer.from_pretrained", model: name)
    }

    @Test("is found as a folder, as a file and under the root")
    func folders() throws {
        let folder = try TemporaryFolder()
        try folder.write("models/tiny/tokenizer.json", Models.json())
        for (name, root) in [
            (folder["models/tiny"], nil), (folder["models/tiny/tokenizer.json"], nil),
            ("models/tiny", folder.path), ("tiny", folder["models/"]),
        ] {
            let tokenizer = try configuration(name).makeTokenizer(root: root)
            #expect(try tokenizer.encode("ab", addSpecialTokens: true) == [2])
        }
    }

    @Test("is found in the Hugging Face cache, by the commit of the main branch")
    func cache() throws {
        let folder = try TemporaryFolder()
        let model = "hub/models--owner--tiny"
        try folder.write("\(model)/blobs/123", Models.json())
        try folder.write("\(model)/refs/main", "c0ffee\n")
        let snapshot = folder["\(model)/snapshots/c0ffee"]
        try FileManager.default.createDirectory(
            atPath: snapshot, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: snapshot + "/tokenizer.json", withDestinationPath: "../../blobs/123")
        setenv("HF_HOME", folder.path, 1)
        defer { unsetenv("HF_HOME") }
        let tokenizer = try configuration("owner/tiny").makeTokenizer(root: "/nowhere")
        #expect(try tokenizer.encode("ab", addSpecialTokens: true) == [2])
    }

    @Test("that is nowhere is refused with the places where it was looked for")
    func missing() throws {
        let folder = try TemporaryFolder()
        setenv("HF_HOME", folder.path, 1)
        defer { unsetenv("HF_HOME") }
        let error = #expect(throws: TokenizerError.self) {
            try configuration("owner/none").makeTokenizer(root: "/root-of-all")
        }
        #expect(error?.code == .notFound)
        let text = error?.description ?? ""
        for place in [
            "owner/none", "/root-of-all/owner/none", "\(folder.path)/hub/models--owner--none",
        ] {
            #expect(text.contains(place), "\(text)")
        }
    }

    @Test("of a type that isn't known, or without a name, is refused by its key")
    func refused() throws {
        let unknown = #expect(throws: ConfigurationError.self) {
            try TokenizerConfiguration(type: "my.Tokenizer", model: "x").makeTokenizer(root: nil)
        }
        #expect(unknown?.keyPath == "tokenizer.type")
        let nameless = #expect(throws: ConfigurationError.self) {
            try TokenizerConfiguration(type: "transformers.AutoTokenizer.from_pretrained")
                .makeTokenizer(root: nil)
        }
        #expect(nameless?.keyPath == "tokenizer.pretrained_model_name_or_path")
        #expect(try TokenizerConfiguration.bytes.makeTokenizer(root: nil) is ByteTokenizer)
    }
}
