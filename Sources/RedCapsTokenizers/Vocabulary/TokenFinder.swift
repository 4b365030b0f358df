/// Finds added tokens in a text: the first, and of several that begin there the longest.
struct TokenFinder: Sendable {
    /// A place in a text, and the added token there.
    struct Match {
        let start: Int
        let end: Int
        let token: Int
    }

    private struct Node {
        let byte: UInt8
        var firstChild: Int32 = -1
        var nextSibling: Int32 = -1
        var token: Int32 = -1
    }

    /// A tree of bytes; the root is the first.
    private var nodes = [Node(byte: 0)]
    /// Whether a token begins with a byte.
    private var starts = [Bool](repeating: false, count: 256)
    /// The byte that all of them begin with, if it is one.
    private var onlyStart: UInt8?

    var isEmpty: Bool { nodes.count == 1 }

    /// Adds a token's bytes, which aren't empty; of equal ones the last counts.
    mutating func add(_ bytes: [UInt8], token: Int) {
        var node = 0
        for byte in bytes {
            var child = nodes[node].firstChild
            while child >= 0, nodes[Int(child)].byte != byte {
                child = nodes[Int(child)].nextSibling
            }
            if child < 0 {
                child = Int32(nodes.count)
                nodes.append(Node(byte: byte, nextSibling: nodes[node].firstChild))
                nodes[node].firstChild = child
            }
            node = Int(child)
        }
        nodes[node].token = Int32(token)
        onlyStart = isEmpty || starts.allSatisfy { !$0 } || onlyStart == bytes[0] ? bytes[0] : nil
        starts[Int(bytes[0])] = true
    }

    /// The next token at or after a position.
    /// - Parameter accepts: Whether a token may be at a range of bytes.
    func next(
        in text: ScalarText, from position: Int, accepts: (Int, Range<Int>) -> Bool
    ) -> Match? {
        var position = position
        while let start = candidate(in: text, from: position) {
            var node = 0
            var end = start
            var match: Match?
            while end < text.count {
                let byte = text[end]
                var child = nodes[node].firstChild
                while child >= 0, nodes[Int(child)].byte != byte {
                    child = nodes[Int(child)].nextSibling
                }
                guard child >= 0 else { break }
                node = Int(child)
                end += 1
                let token = Int(nodes[node].token)
                if token >= 0, accepts(token, start..<end) {
                    match = Match(start: start, end: end, token: token)
                }
            }
            if let match { return match }
            position = start + 1
        }
        return nil
    }

    private func candidate(in text: ScalarText, from position: Int) -> Int? {
        if let onlyStart { return text.find(onlyStart, from: position) }
        var position = position
        while position < text.count {
            if starts[Int(text[position])] { return position }
            position &+= 1
        }
        return nil
    }
}
