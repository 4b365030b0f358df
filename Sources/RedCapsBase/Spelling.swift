/// What somebody may have meant by a word that isn't known.
package enum Spelling {
    /// The word that takes the fewest changes, if it takes few of them: a third of its letters, and at
    /// least two.
    package static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        var best: (word: String, distance: Int)?
        for candidate in known {
            let distance = distance(Array(word.utf8), Array(candidate.utf8))
            guard distance <= max(2, candidate.utf8.count / 3), distance < candidate.utf8.count,
                distance < best?.distance ?? .max
            else { continue }
            best = (candidate, distance)
        }
        return best?.word
    }

    /// Levenshtein's distance: how many bytes are put in, left out or changed.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, byte) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let change = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
