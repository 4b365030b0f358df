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
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        guard path.first != slash, !path.contains(0) else { return nil }
        var joined: [UInt8] = []
        joined.reserveCapacity(path.count)
        for component in path.split(separator: slash) {
            if component.elementsEqual([dot]) { continue }
            if component.elementsEqual([dot, dot]) { return nil }
            if !joined.isEmpty { joined.append(slash) }
            joined.append(contentsOf: component)
        }
        guard !joined.isEmpty else { return nil }
        bytes = joined
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
