/// Runs a pattern on one text and remembers where it failed, so that nothing is tried twice.
struct PatternMatcher {
    private struct Choice {
        let place: Int
        let position: Int
        let trailCount: Int
    }

    private let pattern: Pattern
    private let text: ScalarText
    /// A bit for each branch at each position that was tried. Whether the rest of the program
    /// matches depends on nothing else, so that a failure holds for all later matches as well.
    private var tried: [UInt64]
    /// The tried branches that haven't failed so far.
    private var trail: [Int] = []
    private var choices: [Choice] = []
    private var stepsLeft: Int

    init(_ pattern: Pattern, _ text: ScalarText) {
        self.pattern = pattern
        self.text = text
        tried = Array(repeating: 0, count: (pattern.branchCount * (text.count + 1) + 63) / 64)
        stepsLeft = 1_000_000 + 20 * pattern.instructions.count * text.count
    }

    /// Where the match ends that begins at a position.
    mutating func match(at position: Int) throws(TokenizerError) -> Int? {
        try run(0, position)
    }

    private mutating func run(_ start: Int, _ first: Int) throws(TokenizerError) -> Int? {
        let trailBase = trail.count
        let choiceBase = choices.count
        var place = start
        var position = first
        while true {
            stepsLeft -= 1
            if stepsLeft < 0 { throw tooSlow() }
            var isFailure = false
            switch pattern.instructions[place] {
            case .take(let set):
                if position < text.count {
                    let (scalar, next) = text.scalar(at: position)
                    isFailure = !pattern.sets[set].contains(scalar)
                    position = next
                    place += 1
                } else {
                    isFailure = true
                }
            case .branch(let first, let second, let number):
                let bit = number * (text.count + 1) + position
                if tried[bit >> 6] & 1 << UInt64(bit & 63) != 0 {
                    isFailure = true
                } else {
                    tried[bit >> 6] |= 1 << UInt64(bit & 63)
                    trail.append(bit)
                    choices.append(
                        Choice(place: second, position: position, trailCount: trail.count))
                    place = first
                }
            case .jump(let next): place = next
            case .ahead(let next, let isNegated):
                isFailure = (try run(place + 1, position) == nil) != isNegated
                place = next
            case .behind(let set, let isNegated):
                let isThere =
                    position > 0
                    && pattern.sets[set].contains(
                        text.scalar(at: text.start(before: position)).value)
                isFailure = isThere == isNegated
                place += 1
            case .atomic(let next):
                if let end = try run(place + 1, position) {
                    position = end
                    place = next
                } else {
                    isFailure = true
                }
            case .accept:
                // What led here didn't fail.
                for bit in trail[trailBase...] { tried[bit >> 6] &= ~(1 << UInt64(bit & 63)) }
                trail.removeSubrange(trailBase...)
                choices.removeSubrange(choiceBase...)
                return position
            }
            guard isFailure else { continue }
            guard choices.count > choiceBase, let choice = choices.popLast() else {
                trail.removeSubrange(trailBase...)
                return nil
            }
            // All that was tried since then has failed.
            trail.removeSubrange(choice.trailCount...)
            place = choice.place
            position = choice.position
        }
    }

    private func tooSlow() -> TokenizerError {
        TokenizerError(
            .tooSlow, file: "a text of \(text.count) bytes",
            "the tokenizer's pattern takes too long on it; shorten it, or wrap another library's "
                + "tokenizer")
    }
}
