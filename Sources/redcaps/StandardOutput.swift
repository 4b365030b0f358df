import RedCapsBase

/// Standard output, written in large pieces. What can't be written ends the verb: whoever reads the
/// file behind a `>` would never know otherwise.
struct StandardOutput {
    private var bytes: [UInt8] = []

    /// Collects a line.
    mutating func add(_ line: String) throws(StoreError) {
        bytes.append(contentsOf: line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count >= 1 << 16 { try flush() }
    }

    /// Writes what was collected.
    mutating func flush() throws(StoreError) {
        defer { bytes.removeAll(keepingCapacity: true) }
        Terminal.showBar("")
        guard bytes.withUnsafeBytes({ System.write($0, to: STDOUT_FILENO) }) else {
            throw .system("standard output", "write")
        }
    }

    /// Writes a line at once.
    static func print(_ line: some CustomStringConvertible) throws(StoreError) {
        var output = StandardOutput()
        try output.add("\(line)")
        try output.flush()
    }
}
