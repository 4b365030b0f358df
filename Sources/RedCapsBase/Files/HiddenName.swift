/// Names that begin with a dot: files that a folder's owner doesn't see, such as the companions that
/// macOS lays beside others (`._x.jpg`) and what caches and programs keep. They hold no samples, no
/// lists and no shards, whatever they end in.
package enum HiddenName {
    /// Whether a name is one.
    package static func isHidden(_ name: some Collection<UInt8>) -> Bool {
        name.first == UInt8(ascii: ".")
    }

    /// Whether a path's last name is one, or that of a folder in it. `.` and `..` hide nothing.
    package static func isHidden(path: some Collection<UInt8>) -> Bool {
        var start = path.startIndex
        while start < path.endIndex {
            let end = path[start...].firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
            let name = path[start..<end]
            if isHidden(name), !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) {
                return true
            }
            start = end == path.endIndex ? end : path.index(after: end)
        }
        return false
    }
}
