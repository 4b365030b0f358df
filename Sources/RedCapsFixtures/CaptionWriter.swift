import RedCapsLoading

/// Writes captions of a few plain sentences, some with letters beyond ASCII.
struct CaptionWriter {
    private var draws: PositionalDraws

    init(seed: UInt64, number: Int) {
        draws = PositionalDraws(seed: ~seed, position: number)
    }

    private mutating func pick(_ words: [String]) -> String {
        words[draws.integer(below: words.count)]
    }

    /// One sentence.
    mutating func short() -> String {
        "\(pick(Self.lights)) over \(pick(Self.places))"
    }

    /// Three to six sentences.
    mutating func long() -> String {
        var sentences = [
            "A wide view of \(pick(Self.places)), taken in \(pick(Self.lights))."
        ]
        var details = Self.details
        for _ in 0..<(2 + draws.integer(below: 4)) {
            sentences.append(details.remove(at: draws.integer(below: details.count)))
        }
        return sentences.joined(separator: " ")
    }

    private static let lights = [
        "morning light", "the last light of the day", "thin haze", "bright noon sun",
        "a break in the clouds", "cold blue twilight",
    ]
    private static let places = [
        "rolling hills", "a mountain range in layers", "a meadow below steep ridges",
        "distant peaks", "a valley that opens to the east", "grassland at the foot of a range",
    ]
    private static let details = [
        "The nearest slope is dark and covered in grass.", "Clouds drift across the upper third.",
        "The ridges fade from green to blue as they recede.", "A pale sun stands left of centre.",
        "It’s grainy, as if shot on film.", "Nothing in the picture moves.",
        "The sky turns from deep blue to the colour of peaches.",
        "On the horizon one can just make out the Île-de-Bréhat – or a cloud.",
        "The foreground is sharp; everything else is soft.",
    ]
}
