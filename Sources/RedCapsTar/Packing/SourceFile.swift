#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that is open for reading; closed when the last reference goes.
final class SourceFile: Sendable {
    private let descriptor: CInt
    private let path: String
    /// Its length when it was opened.
    let size: UInt64

    /// Opens a file.
    convenience init(_ path: String) throws(StoreError) {
        // Without waiting: opening a pipe would wait for somebody to write into it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        try self.init(descriptor, path)
    }

    /// Takes over a descriptor that was just opened; a negative one is a failure.
    init(_ descriptor: CInt, _ path: String) throws(StoreError) {
        guard descriptor >= 0 else { throw .system(path, "open") }
        var status = stat()
        let result = unsafe fstat(descriptor, &status)
        let isFile = result == 0 && status.st_mode & S_IFMT == S_IFREG
        if !isFile {
            let failure =
                result == 0
                ? StoreError(.notAFile, file: path, reason: "not a regular file")
                : .system(path, "stat")
            close(descriptor)
            throw failure
        }
        self.descriptor = descriptor
        self.path = path
        size = UInt64(clamping: status.st_size)
    }

    deinit { close(descriptor) }

    /// Fills a buffer from an offset on.
    /// - Throws: `truncated` if the file ends before.
    func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(StoreError) {
        let count = unsafe try read(buffer, at: offset)
        guard count == buffer.count else {
            throw StoreError(
                .truncated, file: path, byteOffset: offset,
                reason: "truncated while it was read: \(count) bytes left of \(buffer.count)")
        }
    }

    /// Up to `count` bytes at an offset; fewer where the file ends.
    func bytes(at offset: UInt64, count: Int) throws(StoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var result = Result<Int, StoreError>.success(0)
        unsafe bytes.withUnsafeMutableBytes { buffer in
            do throws(StoreError) { result = .success(unsafe try read(buffer, at: offset)) } catch {
                result = .failure(error)
            }
        }
        return Array(bytes.prefix(try result.get()))
    }

    private func read(
        _ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StoreError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let position = off_t(clamping: offset + UInt64(filled))
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
}
