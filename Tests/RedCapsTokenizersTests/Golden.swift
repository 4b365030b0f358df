import Foundation
import RedCapsTokenizers
import TestSupport

/// What `make_tokenizers.py` wrote.
struct Golden: Decodable {
    let tables: Texts
    /// A hash of all texts of a kind.
    let texts: [String: String]
    /// Hashes of a thousand texts' ids, by tokenizer and kind.
    let small: [String: [String: [String]]]
    /// Of tokenizers made of the vocabularies and merges of some of these alone.
    let files: [String: [String]]
    let published: [String: [String: [String]]]

    static let shared = Result { try Fixture.decode(Golden.self, from: "tokenizers/golden.json") }

    /// The first 16 digits of the SHA-256 of lines.
    static func digest(_ lines: [String]) -> String {
        var bytes: [UInt8] = []
        for line in lines {
            bytes += line.utf8
            bytes.append(UInt8(ascii: "\n"))
        }
        return String(sha256(bytes).prefix(16))
    }

    /// A digest for every so many values.
    static func digests<Value>(
        _ values: [Value], each count: Int = 1000, _ line: (Value) throws -> String
    ) rethrows -> [String] {
        try stride(from: 0, to: values.count, by: count).map { start in
            digest(try values[start..<min(start + count, values.count)].map(line))
        }
    }

    static func line(_ ids: [Int]) -> String { ids.map(String.init).joined(separator: " ") }

    /// All scalars, in texts of so many.
    static func scalars(inTextsOf count: Int) -> [String] {
        let all = (0..<0x110000 as Range<UInt32>).compactMap(Unicode.Scalar.init)
        return stride(from: 0, to: all.count, by: count).map { start in
            var text = ""
            text.unicodeScalars.append(contentsOf: all[start..<min(start + count, all.count)])
            return text
        }
    }
}

/// The vocabularies that `Scripts/fetch-vocabularies` fetches.
enum Vocabularies {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../.build-vocabularies").standardizedFileURL.path()

    /// Whether they are there, and their tests aren't skipped.
    static var areThere: Bool {
        FileManager.default.fileExists(atPath: folder + "/done")
            && ProcessInfo.processInfo.environment["REDCAPS_SANITIZER"] == nil
    }

    static func path(_ name: String) -> String { "\(folder)/\(name)" }
}
