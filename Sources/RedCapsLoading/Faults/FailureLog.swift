/// Which failures are logged one by one. Of each kind the first few are; then one whenever their number
/// is a power of ten, with the number of those in between, and at the end the last.
struct FailureLog: Sendable {
    /// What is known of one kind.
    private struct Kind {
        var count = 0
        /// Those since the last line.
        var untold = 0
        var last: SampleFailure
    }

    /// How many of each kind are logged in any case.
    private static let first = 5
    /// Kinds beyond so many count as one.
    private static let mostKinds = 100

    private var places: [String: Int] = [:]
    private var kinds: [Kind] = []

    /// What is to be logged of the next failure, if anything.
    mutating func line(for failure: SampleFailure) -> String? {
        let place = place(of: failure)
        kinds[place].count += 1
        kinds[place].untold += 1
        kinds[place].last = failure
        let count = kinds[place].count
        return count <= Self.first || Self.isPowerOfTen(count) ? takeLine(place) : nil
    }

    /// What is to be logged when no more failures come, or nobody waits for them.
    mutating func rest() -> [String] {
        kinds.indices.filter { kinds[$0].untold > 0 }.map { takeLine($0) }
    }

    private mutating func place(of failure: SampleFailure) -> Int {
        let kind = failure.kind
        if let place = places[kind] { return place }
        let name = kinds.count < Self.mostKinds ? kind : ""
        if let place = places[name] { return place }
        places[name] = kinds.count
        kinds.append(Kind(last: failure))
        return kinds.count - 1
    }

    private mutating func takeLine(_ place: Int) -> String {
        defer { kinds[place].untold = 0 }
        let others = kinds[place].untold - 1
        return "\(kinds[place].last)" + (others > 0 ? " (and \(others) more like it)" : "")
    }

    private static func isPowerOfTen(_ number: Int) -> Bool {
        var rest = number
        while rest >= 10, rest.isMultiple(of: 10) { rest /= 10 }
        return rest == 1
    }
}
