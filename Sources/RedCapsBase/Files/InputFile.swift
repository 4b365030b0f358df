/// A file that somebody gives to be read as a whole: a configuration, a list of texts. It may be a pipe,
/// as `<(…)` and `/dev/stdin` are, which is read to its end.
package enum InputFile {
    /// The most bytes that are taken from a pipe.
    private static let limit = 1 << 30

    /// All of its bytes.
    /// - Throws: `StoreError` if it can't be read, with `notAFile` for a folder.
    package static func contents(of path: String) throws(StoreError) -> [UInt8] {
        let kind = Disk.kind(of: path)
        guard kind == S_IFIFO || kind == S_IFCHR || kind == S_IFSOCK else {
            return try OpenFile.contents(of: path)
        }
        // Waits for whoever writes into it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path, "open") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system(path, "read") }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= limit else {
                throw StoreError(
                    .tooLarge, file: path, reason: "more than \(limit) bytes from a pipe")
            }
        }
    }
}
