/// Makes a program of a regular expression.
struct PatternCompiler {
    private(set) var instructions: [Pattern.Instruction] = []
    private(set) var sets: [ScalarSet] = []
    private(set) var branchCount = 0

    mutating func compile(_ node: PatternNode) throws(PatternError) {
        try append(node)
        instructions.append(.accept)
    }

    mutating func compile(literal text: String) {
        for scalar in text.unicodeScalars {
            instructions.append(.take(number(of: ScalarSet([scalar.value...scalar.value]))))
        }
        instructions.append(.accept)
    }

    mutating func compile(_ set: ScalarSet) {
        instructions = [.take(number(of: set)), .accept]
    }

    mutating func compile(repeating set: ScalarSet) {
        instructions = [.take(number(of: set)), .branch(0, 2, number: 0), .accept]
        branchCount = 1
    }

    private mutating func number(of set: ScalarSet) -> Int {
        if let number = sets.firstIndex(of: set) { return number }
        sets.append(set)
        return sets.count - 1
    }

    private mutating func append(_ node: PatternNode) throws(PatternError) {
        if instructions.count > 20_000 { throw PatternError(reason: "it is too long") }
        switch node {
        case .set(let set): instructions.append(.take(number(of: set)))
        case .sequence(let parts): for part in parts { try append(part) }
        case .alternatives(let parts): try append(alternatives: parts)
        case .repetition(let part, let least, let most, let eagerness):
            if eagerness == .possessive {
                let greedy = PatternNode.repetition(part, atLeast: least, atMost: most, .greedy)
                return try append(.atomic(greedy))
            }
            for _ in 0..<least { try append(part) }
            if let most {
                try append(part, upTo: most - least, isLazy: eagerness == .lazy)
            } else {
                try append(loop: part, isLazy: eagerness == .lazy)
            }
        case .ahead(let part, let isNegated):
            let place = placeholder()
            try compile(part)
            instructions[place] = .ahead(instructions.count, isNegated: isNegated)
        case .behind(let set, let isNegated):
            instructions.append(.behind(number(of: set), isNegated: isNegated))
        case .atomic(let part):
            let place = placeholder()
            try compile(part)
            instructions[place] = .atomic(instructions.count)
        }
    }

    private mutating func placeholder() -> Int {
        instructions.append(.accept)
        return instructions.count - 1
    }

    private mutating func branch(_ place: Int, _ first: Int, _ second: Int, isLazy: Bool = false) {
        instructions[place] = .branch(
            isLazy ? second : first, isLazy ? first : second, number: branchCount)
        branchCount += 1
    }

    private mutating func append(alternatives parts: [PatternNode]) throws(PatternError) {
        var ends: [Int] = []
        for part in parts.dropLast() {
            let place = placeholder()
            try append(part)
            ends.append(placeholder())
            branch(place, place + 1, instructions.count)
        }
        if let last = parts.last { try append(last) }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func append(
        _ part: PatternNode, upTo count: Int, isLazy: Bool
    ) throws(PatternError) {
        var places: [Int] = []
        for _ in 0..<count {
            places.append(placeholder())
            try append(part)
        }
        for place in places { branch(place, place + 1, instructions.count, isLazy: isLazy) }
    }

    private mutating func append(loop part: PatternNode, isLazy: Bool) throws(PatternError) {
        let place = placeholder()
        try append(part)
        instructions.append(.jump(place))
        branch(place, place + 1, instructions.count, isLazy: isLazy)
    }

    /// The scalars with which a match can begin.
    func firsts() -> ScalarSet {
        var ranges: [ClosedRange<UInt32>] = []
        var seen: Set<Int> = []
        var places = [0]
        while let place = places.popLast() {
            guard seen.insert(place).inserted else { continue }
            switch instructions[place] {
            case .take(let set): ranges += sets[set].ranges
            case .branch(let first, let second, _): places += [first, second]
            case .jump(let next), .ahead(let next, _): places.append(next)
            case .behind: places.append(place + 1)
            // What follows counts, too, if the part may be empty.
            case .atomic(let next): places += [place + 1, next]
            case .accept: return .all
            }
        }
        return ScalarSet(ranges)
    }
}
