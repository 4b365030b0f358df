#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The little writing to disk that the package does, without Foundation.
package enum Disk {
    /// Makes a folder and those above it; one that is there already is fine.
    package static func makeFolder(_ path: String) throws(StoreError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for component in path.split(separator: "/") {
            made += made.isEmpty || made.hasSuffix("/") ? "\(component)" : "/\(component)"
            if unsafe mkdir(made, 0o777) != 0 && errno != EEXIST {
                throw .system(made, "make the folder")
            }
        }
    }

    /// Writes a file, replacing one that is there only when all bytes are on their way.
    package static func write(_ bytes: [UInt8], to path: String) throws(StoreError) {
        let temporary = "\(path).\(getpid()).part"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system(path, "write") }
        var failure: StoreError?
        unsafe bytes.withUnsafeBytes { bytes in
            var rest = unsafe bytes[...]
            while unsafe !rest.isEmpty {
                let part = unsafe UnsafeRawBufferPointer(rebasing: rest)
                let count = unsafe Self.put(descriptor, part)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return failure = .system(path, "write") }
                unsafe rest = rest.dropFirst(count)
            }
        }
        if close(descriptor) != 0 && failure == nil { failure = .system(path, "write") }
        if failure == nil, Self.change(temporary, path) != 0 { failure = .system(path, "write") }
        if let failure {
            unsafe _ = unlink(temporary)
            throw failure
        }
    }

    private static func put(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
        // Named apart from this type's own `write`.
        #if canImport(Darwin)
        unsafe Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Glibc)
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        unsafe Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}

extension Disk {
    /// Whether a file or folder is there.
    package static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    /// Which file system something lies on.
    static func device(of path: String) -> UInt64? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? UInt64(truncatingIfNeeded: status.st_dev) : nil
    }

    /// Removes a folder and all that is in it, without following links; fine if it isn't there.
    static func removeTree(_ path: String) throws(StoreError) {
        guard exists(path) else { return }
        try FolderEntries(path).removeAll()
        if unsafe rmdir(path) != 0 && errno != ENOENT { throw .system(path, "remove the folder") }
    }

    /// Removes a file; fine if it isn't there.
    package static func remove(_ path: String) throws(StoreError) {
        if unsafe unlink(path) != 0 && errno != ENOENT { throw .system(path, "remove") }
    }

    /// Gives a file or a folder another name.
    package static func rename(_ path: String, to new: String) throws(StoreError) {
        if Self.change(path, new) != 0 { throw .system(path, "rename") }
    }

    private static func change(_ path: String, _ new: String) -> CInt {
        // Named apart from this type's own `rename`.
        #if canImport(Darwin)
        unsafe Darwin.rename(path, new)
        #elseif canImport(Glibc)
        unsafe Glibc.rename(path, new)
        #else
        unsafe Musl.rename(path, new)
        #endif
    }

    /// The length of a file in bytes, or `nil` if it isn't there.
    package static func size(of path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// The length of a file in bytes and when it was changed last, in nanoseconds since 1970; `nil` if
    /// it isn't there.
    package static func stamp(of path: String) -> (size: UInt64, modified: Int64)? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        let file = ShardFile("", status: status)
        return (file.byteCount, file.modified)
    }
}
