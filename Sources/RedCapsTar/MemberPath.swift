/// The path of a member, relative to the data set's folder and brought to one spelling.
///
/// Empty and `.` components are dropped, so `./00000//x.jpg` and `00000/x.jpg` are the same path.
/// Two paths are equal if their bytes are: unlike `String`, composed and decomposed accents differ,
/// as they do in an archive.
public struct MemberPath: Hashable, Sendable, CustomStringConvertible {
    /// The components joined by `/`, in whatever encoding the archive has, usually UTF-8.
    public let bytes: [UInt8]

    /// Brings a path to its one spelling.
    /// - Returns: `nil` for a path that is absolute, empty, leads out with `..` or holds a NUL.
    public init?(_ path: String) {
        self.init(bytes: path.utf8)
    }

    /// Brings a path, given as bytes, to its one spelling.
    /// - Returns: `nil` for a path that is absolute, empty, leads out with `..` or holds a NUL.
    public init?(bytes path: some Collection<UInt8>) {
        var joined: [UInt8] = []
        let contiguous = ContiguousArray(path)
        let isSafe = unsafe contiguous.withUnsafeBytes { unsafe Self.append($0, to: &joined) }
        guard isSafe, !joined.isEmpty else { return nil }
        bytes = joined
    }

    /// Adds a path in its one spelling to `bytes`: nothing, for one that names the root.
    /// - Returns: Whether it is relative and safe. If not, what was added is of no use.
    static func append(_ path: UnsafeRawBufferPointer, to bytes: inout [UInt8]) -> Bool {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        let first = bytes.count
        if let head = unsafe path.first, head == slash { return false }
        var start = 0
        while start < path.count {
            var end = start
            while end < path.count, unsafe path[end] != slash {
                if unsafe path[end] == 0 { return false }
                end += 1
            }
            let component = unsafe UnsafeRawBufferPointer(rebasing: path[start..<end])
            start = end + 1
            if unsafe component.isEmpty { continue }
            let isDots = unsafe component.allSatisfy { $0 == dot }
            if isDots {
                if component.count == 1 { continue }
                if component.count == 2 { return false }
            }
            if bytes.count > first { bytes.append(slash) }
            unsafe bytes.append(contentsOf: component)
        }
        return true
    }

    init(normalized bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The path as text; bytes that aren't UTF-8 show as U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// The first component, and what follows it if anything does.
    var split: (head: ArraySlice<UInt8>, tail: MemberPath?) {
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return (bytes[...], nil) }
        return (bytes[..<slash], MemberPath(normalized: Array(bytes[(slash + 1)...])))
    }
}
