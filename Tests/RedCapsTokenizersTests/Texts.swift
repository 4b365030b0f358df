/// The texts of `Tests/Fixtures/tokenizer_texts.py`, drawn in the same way from the same tables.
struct Texts: Decodable {
    let words: [String]
    let foreign: [String]
    let syllables: [String]
    let ranges: [[UInt32]]
    let spaces: [String]
    let pieces: [String]

    /// Draws so many texts of a kind.
    func draw(_ kind: TextKind, _ count: Int) -> [String] {
        var draws = SplitMix(state: kind.seed)
        return (0..<count).map { _ in
            switch kind {
            case .captions: caption(&draws)
            case .hostile: hostile(&draws)
            case .noise: noise(&draws)
            }
        }
    }

    private func scalar(_ draws: inout SplitMix) -> String {
        let range = draws.choose(ranges)
        let value = range[0] + UInt32(draws.below(Int(range[1] - range[0]) + 1))
        return Unicode.Scalar(value).map { String(Character($0)) } ?? ""
    }

    private func word(_ draws: inout SplitMix) -> String {
        let index = draws.below(1 << 16)
        let text = words[(((index * index) >> 16) * words.count) >> 16]
        switch draws.below(200) {
        case ..<4: return text + "'s"
        case ..<7: return text + "-" + draws.choose(words)
        case ..<10: return String(draws.below(2000))
        case ..<12: return draws.choose(foreign)
        case ..<16:
            let count = 2 + draws.below(3)
            let name = (0..<count).map { _ in draws.choose(syllables) }.joined()
            return name.prefix(1).uppercased() + name.dropFirst()
        case ..<18: return "\"" + text + "\""
        case ..<19: return "(" + text + ")"
        case ..<20: return text.uppercased()
        default: return text
        }
    }

    private func caption(_ draws: inout SplitMix) -> String {
        var text = ""
        for sentence in 0..<2 + draws.below(7) {
            if sentence > 0 { text += " " }
            let count = 6 + draws.below(13)
            for position in 0..<count {
                var chosen = word(&draws)
                if position == 0, chosen.utf8.allSatisfy({ $0 < 0x80 }) {
                    chosen = chosen.prefix(1).uppercased() + chosen.dropFirst()
                }
                text += (position > 0 ? " " : "") + chosen
                if position + 1 < count, draws.below(12) == 0 { text += "," }
            }
            text += "."
        }
        return text
    }

    private func hostile(_ draws: inout SplitMix) -> String {
        switch draws.below(8) {
        case 0:
            let count = 1 + draws.below(24)
            return (0..<count).map { _ in scalar(&draws) }.joined()
        case 1:
            let piece = draws.choose(pieces + spaces + ["a", "é", "日", "🙂", "!", "\0"])
            return String(repeating: piece, count: 1 + draws.below(300))
        case 2:
            let count = 1 + draws.below(12)
            return (0..<count).map { _ in draws.choose(spaces) }.joined()
        case 3:
            let count = 1 + draws.below(8)
            return (0..<count).map { _ in draws.choose(pieces) + draws.choose(spaces) }.joined()
        case 4:
            var text = scalar(&draws)
            for _ in 0..<draws.below(8) {
                if let mark = Unicode.Scalar(0x300 + UInt32(draws.below(0x70))) {
                    text.unicodeScalars.append(mark)
                }
            }
            return text + scalar(&draws)
        default:
            var text = ""
            for _ in 0..<1 + draws.below(16) {
                switch draws.below(4) {
                case 0: text += scalar(&draws)
                case 1: text += draws.choose(pieces)
                case 2: text += draws.choose(spaces)
                default: text += draws.choose(words)
                }
            }
            return text
        }
    }

    private func noise(_ draws: inout SplitMix) -> String {
        let kind = draws.below(3)
        let bytes = (0..<draws.below(40)).map { _ in
            if kind == 0 { return UInt8(draws.below(256)) }
            return draws.below(3) > 0 ? UInt8(draws.below(128)) : UInt8(0x80 + draws.below(128))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What texts are like.
enum TextKind: String {
    case captions, hostile, noise

    var seed: UInt64 {
        switch self {
        case .captions: 1
        case .hostile: 2
        case .noise: 3
        }
    }
}

/// SplitMix64.
private struct SplitMix {
    var state: UInt64

    mutating func below(_ count: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((((z ^ z >> 31) >> 32) * UInt64(count)) >> 32)
    }

    mutating func choose<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}
