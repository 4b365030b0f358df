/// A file that is open for reading; closed when the last reference goes.
package final class OpenFile: Sendable {
    package let path: String
    package let descriptor: CInt

    /// Opens a file, following symbolic links that lead to it.
    package convenience init(_ path: String) throws(StoreError) {
        try self.init(unsafe Self.open(path), path)
    }

    /// Opens a file whose path needn't be UTF-8.
    package convenience init(bytes path: [UInt8]) throws(StoreError) {
        let descriptor = unsafe (path + [0]).withUnsafeBufferPointer { path in
            unsafe path.withMemoryRebound(to: CChar.self) { path in
                unsafe path.baseAddress.map { unsafe Self.open($0) } ?? -1
            }
        }
        try self.init(descriptor, String(decoding: path, as: UTF8.self))
    }

    private init(_ descriptor: CInt, _ path: String) throws(StoreError) {
        guard descriptor >= 0 else { throw .system(path, "open") }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func open(_ path: UnsafePointer<CChar>) -> CInt {
        // Without waiting: opening a pipe would wait for somebody to write into it.
        unsafe systemOpen(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    }

    /// The file's length in bytes.
    /// - Throws: `StoreError` with `notAFile` for a directory or a device.
    package func size() throws(StoreError) -> UInt64 { try stamp().byteCount }

    /// The file's length and time.
    /// - Throws: `StoreError` with `notAFile` for a directory or a device.
    package func stamp() throws(StoreError) -> FileStamp {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(path, "stat") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.notAFile, file: path, reason: "not a regular file")
        }
        return FileStamp(status)
    }

    /// Keeps the system from reading ahead what nobody will ask for.
    package func expectsRandomReads() {
        #if !canImport(Darwin)
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM)
        #endif
    }

    /// Lends a part of the file, a mebibyte at a time.
    /// - Throws: `truncated` if the file ends before, and what `body` throws.
    package func forEachPiece(
        at offset: UInt64, size: UInt64, _ body: (Span<UInt8>) throws(StoreError) -> Void
    ) throws(StoreError) {
        var buffer = ReadBuffer()
        var done: UInt64 = 0
        while done < size {
            let count = min(size - done, 1 << 20)
            try buffer.read(self, at: offset + done, count: Int(count))
            try buffer.withBytes(body)
            done += count
        }
    }

    /// Reads at an offset until the buffer is full or the file ends.
    /// - Returns: The number of bytes read.
    package func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int {
        guard let count = unsafe System.read(descriptor, at: offset, into: buffer) else {
            throw .system(path, "read", byteOffset: offset)
        }
        return count
    }

    /// Fills a buffer from an offset on.
    /// - Throws: `truncated` if the file ends before.
    package func fill(
        _ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StoreError) {
        let count = unsafe try read(at: offset, into: buffer)
        guard count == buffer.count else {
            throw StoreError(
                .truncated, file: path, byteOffset: offset,
                reason: "truncated while it was read: \(count) bytes left of \(buffer.count)")
        }
    }

    /// Up to `count` bytes at an offset; fewer where the file ends.
    package func bytes(at offset: UInt64, count: Int) throws(StoreError) -> [UInt8] {
        // Of no bytes the standard library would write a count to what all empty arrays share.
        guard count > 0 else { return [] }
        var failure: StoreError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            do throws(StoreError) {
                filled = unsafe try read(at: offset, into: UnsafeMutableRawBufferPointer(target))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// All bytes of a small file.
    package static func contents(of path: String) throws(StoreError) -> [UInt8] {
        let file = try OpenFile(path)
        return try file.bytes(at: 0, count: Int(clamping: try file.size()))
    }
}

// Outside of the class, whose own function has this name.
private func systemOpen(_ path: UnsafePointer<CChar>, _ flags: CInt) -> CInt {
    unsafe open(path, flags)
}
