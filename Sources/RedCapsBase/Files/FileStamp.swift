/// What tells the state of a file without opening it.
package struct FileStamp: Sendable, Hashable {
    package let byteCount: UInt64
    /// When it was changed last, in nanoseconds since 1970.
    package let modified: Int64

    package init(byteCount: UInt64, modified: Int64) {
        self.byteCount = byteCount
        self.modified = modified
    }

    package init(_ status: stat) {
        byteCount = UInt64(clamping: status.st_size)
        modified = FileTime(modified: status).inNanoseconds
    }

    /// Looks a file up, following links.
    /// - Returns: `nil` if it isn't there.
    package init?(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
