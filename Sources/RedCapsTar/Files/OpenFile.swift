#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that is open for reading; closed when the last reference goes.
package final class OpenFile: Sendable {
    package let path: String
    let descriptor: CInt

    /// Opens a file, following symbolic links that lead to it.
    package init(_ path: String) throws(StoreError) {
        // Without waiting: opening a pipe would wait for somebody to write into it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .system(path, "open") }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// The file's length in bytes.
    /// - Throws: `StoreError` with `notAFile` for a directory or a device.
    package func size() throws(StoreError) -> UInt64 { try status().byteCount }

    /// The file's length and time.
    /// - Throws: `StoreError` with `notAFile` for a directory or a device.
    func status() throws(StoreError) -> ShardFile {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(path, "stat") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.notAFile, file: path, reason: "not a regular file")
        }
        return ShardFile("", status: status)
    }

    /// Keeps the system from reading ahead what nobody will ask for.
    func expectsRandomReads() {
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
    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer)
        throws(StoreError)
        -> Int
    {
        var filled = 0
        while filled < buffer.count {
            guard let position = off_t(exactly: offset + UInt64(filled)) else { break }
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = unsafe pread(descriptor, rest.baseAddress, rest.count, position)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(path, "read", byteOffset: UInt64(position))
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Up to `count` bytes at an offset; fewer where the file ends.
    func bytes(at offset: UInt64, count: Int) throws(StoreError) -> [UInt8] {
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
}

extension StoreError {
    /// An error with the system's own words for `errno`.
    static func system(
        _ path: String, _ verb: String, member: String? = nil, byteOffset: UInt64? = nil
    ) -> StoreError {
        let number = errno
        let words = unsafe String(cString: strerror(number))
        return StoreError(
            number == ENOENT || number == ENOTDIR ? .missing : .system, file: path, member: member,
            byteOffset: byteOffset, reason: "can't \(verb): \(words)", systemError: number)
    }
}
