/// A file that grows under a temporary name and gets its own when it is whole. Without `finish`
/// nothing of it remains, and a file that was there stays as it was.
///
/// A link is followed: the file that it leads to is replaced. What isn't a regular file, such as a
/// device or a pipe, is written to and never replaced.
package final class OutputFile {
    private static let bufferSize = 1 << 20

    /// The file, as it was given.
    private let path: String
    /// Where the bytes go until the file is whole.
    private let temporary: String
    /// What it becomes; `nil` for a device, which is written to as it is.
    private let target: String?
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var isFinished = false

    /// Begins a file.
    /// - Throws: `StoreError` if it can't be made.
    package init(_ path: String) throws(StoreError) {
        let kind = Disk.kind(of: path)
        let replaces = kind == nil || kind == S_IFREG
        self.path = path
        // Of a link that leads nowhere yet as well.
        let target = replaces ? Self.target(of: path) : nil
        temporary = target.map(FilePath.temporary) ?? path
        let flags = target == nil ? O_WRONLY : O_WRONLY | O_CREAT | O_EXCL
        descriptor = unsafe open(temporary, flags | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system(path, "write") }
        self.target = target
    }

    /// Finds out whether a file can be written, and leaves nothing behind.
    /// - Parameter bytes: What the disk must have room for.
    /// - Throws: `StoreError` that tells why not.
    package static func check(_ path: String, with bytes: [UInt8] = []) throws(StoreError) {
        switch Disk.kind(of: path) {
        case nil, S_IFREG: try OutputFile(path).append(bytes.span)
        case S_IFDIR: throw StoreError(.system, file: path, reason: "can't write: it is a folder")
        // Opening a pipe would wait for its reader.
        default: guard unsafe access(path, W_OK) == 0 else { throw .system(path, "write") }
        }
    }

    deinit {
        close(descriptor)
        if !isFinished, target != nil { unsafe _ = unlink(temporary) }
    }

    /// The path at the end of a chain of links.
    private static func target(of path: String) -> String {
        if let real = FilePath.real(path) { return real }
        var path = path
        for _ in 0..<40 {
            guard let next = Disk.target(ofLink: path) else { break }
            path = FilePath.joined(FilePath.split(path).folder, next)
        }
        return path
    }

    /// Adds a line of text.
    package func append(line: String) throws(StoreError) {
        try append(line.utf8)
        try append([UInt8(ascii: "\n")])
    }

    /// Adds bytes, which are collected to larger pieces.
    package func append(_ bytes: some Sequence<UInt8>) throws(StoreError) {
        if buffer.capacity == 0 { buffer.reserveCapacity(Self.bufferSize + 4096) }
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Adds bytes.
    package func append(_ bytes: Span<UInt8>) throws(StoreError) {
        unsafe try bytes.withUnsafeBytes { (bytes) throws(StoreError) in unsafe try write(bytes) }
    }

    /// Adds bytes past the buffer.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        try flush()
        guard unsafe System.write(bytes, to: descriptor) else { throw .system(path, "write") }
    }

    /// Gives the file its name, by default once everything is on the disk.
    package func finish(syncing: Bool = true) throws(StoreError) {
        try flush()
        guard let target else { return isFinished = true }
        if syncing, fsync(descriptor) != 0 { throw .system(path, "sync") }
        guard System.rename(temporary, to: target) else { throw .system(target, "rename to") }
        isFinished = true
        if syncing { try Disk.syncFolder(of: target) }
    }

    private func flush() throws(StoreError) {
        guard !buffer.isEmpty else { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        let isWritten = unsafe buffer.withUnsafeBytes { unsafe System.write($0, to: descriptor) }
        guard isWritten else { throw .system(path, "write") }
    }
}
