import Foundation
import TestSupport

/// What of a `tokenizer.json` also lies in `vocab.json` and `merges.txt`.
struct ModelFile: Decodable {
    struct Model: Decodable {
        let vocab: [String: Int]
        let merges: [Merge]
    }

    /// Written as text or as two texts.
    struct Merge: Decodable {
        let pair: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            pair =
                try (try? value.decode(String.self))
                ?? value.decode([String].self).joined(separator: " ")
        }
    }

    let model: Model

    /// The model of a small tokenizer.
    static func model(_ name: String) throws -> Model {
        try Fixture.decode(ModelFile.self, from: "tokenizers/\(name).json").model
    }
}

extension TemporaryFolder {
    /// Writes `vocab.json` and `merges.txt`.
    /// - Parameter without: Tokens that aren't written; the ids of others close up.
    func write(_ model: ModelFile.Model, without: [String]) throws {
        let kept = model.vocab.filter { !without.contains($0.key) }.sorted { $0.value < $1.value }
        let vocabulary = Dictionary(
            uniqueKeysWithValues: kept.enumerated().map { ($1.key, $0) })
        try write("vocab.json", String(decoding: JSONEncoder().encode(vocabulary), as: UTF8.self))
        try write("merges.txt", model.merges.map { "\($0.pair)\n" }.joined())
    }
}
