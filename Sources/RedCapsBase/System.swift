// The one place where the system's C library is imported: whoever imports RedCapsBase, which is no
// product, has it as well.
#if canImport(Darwin)
@_exported public import Darwin
#elseif canImport(Glibc)
@_exported public import Glibc
#elseif canImport(Musl)
@_exported public import Musl
#endif

/// System calls that are made again when a signal interrupts them, and those whose names types of this
/// package use themselves.
package enum System {
    /// Reads at an offset until the buffer is full or the file ends.
    /// - Returns: The number of bytes read; `nil` if that can't be, and `errno` tells why.
    package static func read(
        _ descriptor: CInt, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var filled = 0
        while filled < buffer.count {
            guard let position = off_t(exactly: offset + UInt64(filled)) else { break }
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = unsafe pread(descriptor, rest.baseAddress, rest.count, position)
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Writes all bytes where the file stands.
    /// - Returns: Whether that was possible; `errno` tells why not.
    package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Bool {
        unsafe put(bytes) { rest, _ in unsafe systemWrite(descriptor, rest.baseAddress, rest.count)
        }
    }

    /// Writes all bytes at an offset.
    /// - Returns: Whether that was possible; `errno` tells why not.
    package static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: CInt, at offset: UInt64
    ) -> Bool {
        unsafe put(bytes) { rest, done in
            unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
        }
    }

    private static func put(
        _ bytes: UnsafeRawBufferPointer, _ call: (UnsafeRawBufferPointer, _ done: Int) -> Int
    ) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = unsafe call(UnsafeRawBufferPointer(rebasing: bytes[done...]), done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// Gives a file or a folder another name.
    /// - Returns: Whether that was possible; `errno` tells why not.
    package static func rename(_ path: String, to new: String) -> Bool {
        systemRename(path, new) == 0
    }

    /// Closes a descriptor.
    /// - Returns: Whether all that was written through it has reached the system.
    @discardableResult
    package static func close(_ descriptor: CInt) -> Bool { systemClose(descriptor) == 0 }

    /// A variable of the process's environment, if it is set.
    package static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// The folder for files that nobody needs for long.
    package static var temporaryFolder: String { variable("TMPDIR") ?? "/tmp" }

    /// Which file a path leads to, whatever its name; `nil` if it leads nowhere.
    package static func identity(of path: String) -> FileIdentity? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return FileIdentity(
            device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(status.st_ino))
    }

    /// How many files this process may have open.
    package static var openFileLimit: UInt64 {
        var limit = rlimit()
        #if canImport(Glibc)
        let status = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
        let status = unsafe getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        return status == 0 ? UInt64(limit.rlim_cur) : 256
    }
}

/// Which file or folder something is, whatever its name.
package struct FileIdentity: Sendable, Hashable {
    package let device: UInt64
    package let number: UInt64
}

// Outside of `System`, whose own functions have these names.
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
private func systemRename(_ path: String, _ new: String) -> CInt { unsafe rename(path, new) }
private func systemClose(_ descriptor: CInt) -> CInt { close(descriptor) }
