#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that grows under a temporary name and gets its own when it is whole and on the disk.
/// Without `finish` nothing of it remains.
package final class OutputFile {
    private static let bufferSize = 1 << 20

    private let temporary: String
    private let path: String
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var isFinished = false

    /// Begins a file.
    /// - Parameter temporary: Its name until it is whole; by default one beside its own.
    package init(_ path: String, temporary: String? = nil) throws(StoreError) {
        let temporary = temporary ?? "\(path).\(getpid()).part"
        descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system(temporary, "write") }
        self.path = path
        self.temporary = temporary
        buffer.reserveCapacity(Self.bufferSize + 4096)
    }

    deinit {
        close(descriptor)
        if !isFinished { unsafe _ = unlink(temporary) }
    }

    /// Adds a line of text.
    package func append(line: String) throws(StoreError) {
        try append(line.utf8)
        try append([UInt8(ascii: "\n")])
    }

    func append(_ bytes: some Sequence<UInt8>) throws(StoreError) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Writes bytes past the buffer.
    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let part = unsafe UnsafeRawBufferPointer(rebasing: rest)
            let count = unsafe Self.put(descriptor, part)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .system(temporary, "write") }
            unsafe rest = rest.dropFirst(count)
        }
    }

    /// Adds bytes.
    package func append(_ bytes: Span<UInt8>) throws(StoreError) {
        try flush()
        unsafe try bytes.withUnsafeBytes { (bytes) throws(StoreError) in unsafe try write(bytes) }
    }

    /// Gives the file its name, by default once everything is on the disk.
    package func finish(syncing: Bool = true) throws(StoreError) {
        try flush()
        if syncing, fsync(descriptor) != 0 { throw .system(temporary, "sync") }
        guard unsafe rename(temporary, path) == 0 else { throw .system(path, "rename to") }
        isFinished = true
        if syncing { try Self.syncFolder(of: path) }
    }

    /// Makes sure that a new name in a folder outlives a power cut.
    static func syncFolder(of path: String) throws(StoreError) {
        let folder = FolderStore.containing(path).store.root
        let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(folder, "open the folder") }
        defer { close(descriptor) }
        // Some file systems can't sync a folder, and say that this makes no sense.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .system(folder, "sync") }
    }

    private func flush() throws(StoreError) {
        var failure: StoreError?
        unsafe buffer.withUnsafeBytes { bytes in
            do throws(StoreError) { unsafe try write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        buffer.removeAll(keepingCapacity: true)
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
