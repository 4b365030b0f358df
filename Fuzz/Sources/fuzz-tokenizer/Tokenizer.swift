import Foundation
import FuzzSupport
import RedCapsTokenizers

/// Of the target `tokenizer`, the input is a byte for the kind of files, and parts between zeros: a
/// file, one that goes with it, and a text. They load or are refused; what loads encodes.
///
/// Of the target `text`, it is a byte for one of the tests' tokenizers, two for a range that special
/// tokens mean nothing in, and a text. Words that were met before make no difference to its ids,
/// nor do threads, and where bytes go in unchanged they come out again.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 3 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    if target == "text" {
        encode(
            with: Int(input[0]), plain: Int(input[1]), Int(input[2]),
            String(decoding: input[3...], as: UTF8.self))
    } else {
        let parts = input[1...].split(
            separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        load(
            Int(input[0]), Array(parts[0]), parts.count > 1 ? Array(parts[1]) : [],
            parts.count > 2 ? String(decoding: parts[2], as: UTF8.self) : "a b <x>c")
    }
    return 0
}

/// Writes the first inputs. libFuzzer calls it once, before all else.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    let settings = #"""
        {"add_bos_token": true, "bos_token": "<s>", "added_tokens_decoder": {}, "image_token": "<x>",
         "extra_special_tokens": {"x": "<y>"}, "pad_token": {"content": "b", "lstrip": true}}
        """#
    let text = "The fox’s 12 caf\u{E9}s\r\n  <|im_end|>\u{AC00}e\u{301}"
    // Unicode's tables are made once, which takes long in a debug build.
    _ = try? ModelTokenizer(path: path("words")).encode(text)
    if target == "text" {
        plant(names.indices.map { [UInt8($0), 3, 9] + Array(text.utf8) })
    } else {
        func input(_ kind: UInt8, _ file: [UInt8], _ second: String) -> [UInt8] {
            [kind] + file + [0] + Array(second.utf8) + [0] + Array(text.utf8)
        }
        var seeds: [[UInt8]] = []
        for file in names.map({ scratch.read(path($0)) }) {
            seeds.append(input(0, file, settings))
            seeds.append(input(0, compact(file), ""))
        }
        let vocabulary = Array(#"{"a": 0, "b": 1, "ab": 2, "Ġ": 3, "<s>": 4}"#.utf8)
        for kind in 1...6 as ClosedRange<UInt8> {
            seeds.append(input(kind, vocabulary, "#version: 0.2\na b\nĠ ab\n"))
        }
        let older = #"{"eos_token": {"content": "<s>"}, "additional_special_tokens": ["<x>"]}"#
        for (variant, other) in [settings, older, #"{"<x>": 5}"#].enumerated() {
            for kind in 1...6 as ClosedRange<UInt8> {
                seeds.append(input(kind + 8 * UInt8(variant + 1), vocabulary, other))
            }
            seeds.append(input(8 * UInt8(variant), compact(scratch.read(path("qwen2"))), other))
            let ranks = Array("YQ== 0\nYg== 1\nYWI= 2\nYWJhYg== 3\n".utf8)
            seeds.append(input(7 + 8 * UInt8(variant), ranks, ""))
        }
        plant(seeds)
    }
    return 0
}

private let target = ProcessInfo.processInfo.environment["REDCAPS_FUZZ_TARGET"] ?? "text"
private let scratch = Scratch()
private let names = [
    "gpt2", "llama3", "gpt4o", "qwen2", "roberta", "clip", "words", "patterns", "engine", "classes",
    "removed", "previous", "next", "contiguous", "inverted", "unknown", "fused", "dropping",
]
/// Those that neither normalize nor drop anything.
private let keepingBytes: Set = ["gpt2", "llama3", "gpt4o"]
/// Tokenizers that have met the texts of all inputs, and such that have met few.
nonisolated(unsafe) private var kept: [String: ModelTokenizer] = [:]
nonisolated(unsafe) private var fresh: [String: (tokenizer: ModelTokenizer, age: Int)] = [:]

private func path(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Tests/Fixtures/tokenizers/\(name).json").standardized.path()
}

/// A file without most of its vocabulary, so that changes meet the rest.
private func compact(_ file: [UInt8]) -> [UInt8] {
    guard var root = try? JSONSerialization.jsonObject(with: Data(file)) as? [String: Any],
        var model = root["model"] as? [String: Any]
    else { return file }
    model["vocab"] = ["a": 0, "b": 1, "ab": 2, "Ġ": 3]
    model["merges"] = ["a b"]
    root["model"] = model
    return (try? JSONSerialization.data(withJSONObject: root)).map(Array.init) ?? file
}

private func encode(with number: Int, plain start: Int, _ length: Int, _ text: String) {
    let name = names[number % names.count]
    do throws(TokenizerError) {
        if kept[name] == nil { kept[name] = try ModelTokenizer(path: path(name)) }
        let age = (fresh[name]?.age ?? 0) + 1
        let new = try age % 50 == 1 ? ModelTokenizer(path: path(name)) : nil
        guard let tokenizer = kept[name], let other = new ?? fresh[name]?.tokenizer else { return }
        fresh[name] = (other, age)
        let plain = start..<start + length
        let ids = try tokenizer.encode(text)
        let ranged = try tokenizer.encode(text, plain: [plain])
        check(try other.encode(text, plain: [plain]) == ranged, "\(name): plain ids differ")
        let batch = try other.encodeBatch([text, "a", text], threads: 2)
        check(batch == [ids, try tokenizer.encode("a"), ids], "\(name): ids differ")
        let bare = try tokenizer.encode(text, addSpecialTokens: false)
        let decoded = tokenizer.decode(bare, skipSpecialTokens: false)
        check(
            !keepingBytes.contains(name) || decoded.utf8.elementsEqual(text.utf8),
            "\(name): \(decoded) instead of \(text)")
    } catch {
        check(error.code == .tooSlow, "\(error)")
    }
}

private func load(_ kind: Int, _ file: [UInt8], _ second: [UInt8], _ text: String) {
    let families = BytePairFamily.all
    let settings = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"]
    let ranks = ["x", "cl100k_base", "qwen"].map { "\($0).tiktoken" }
    for name in ["tokenizer.json", "vocab.json", "merges.txt"] + settings + ranks {
        scratch.remove(name)
    }
    let (kind, variant) = (kind % 8, kind / 8)
    do throws(TokenizerError) {
        let tokenizer: ModelTokenizer
        switch kind {
        case 0:
            scratch.write("tokenizer.json", file)
            if !second.isEmpty { scratch.write(settings[variant % 3], second) }
            tokenizer = try ModelTokenizer(path: scratch.path)
        case 7:
            let name = ranks[variant % 3]
            scratch.write(name, file)
            let family = variant % 3 == 0 ? families[variant % families.count] : nil
            tokenizer = try ModelTokenizer(path: scratch[name], family: family)
        case let number where variant % 4 == 0:
            scratch.write("vocab.json", file)
            scratch.write("merges.txt", second)
            tokenizer = try ModelTokenizer(
                path: scratch["vocab.json"], family: families[number - 1])
        default:
            scratch.write("vocab.json", file)
            scratch.write("merges.txt", Array("a b\n".utf8))
            scratch.write(settings[variant % 4 - 1], second)
            tokenizer = try ModelTokenizer(path: scratch.path, family: families[kind - 1])
        }
        let ids = try tokenizer.encode(text)
        _ = tokenizer.decode(ids)
        _ = tokenizer.decode(ids, skipSpecialTokens: false)
        for id in ids.prefix(9) { check(tokenizer.idToToken(id) != nil, "\(id) is no token") }
    } catch {
        check(!error.reason.isEmpty && !error.file.isEmpty, "an error that says nothing: \(error)")
    }
}
