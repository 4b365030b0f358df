public import RedCapsBase

// After the system's module: types of the system that both bring belong to the first one.
internal import CArchive

/// Writes a plain tar, file by file, through libarchive, in the format that GNU tar writes by default.
///
/// Times, owners and permissions are fixed, so the same input gives the same bytes. Names go in as
/// they are, usually UTF-8. (libarchive's pax writer would convert them by the process's locale, and
/// crashes over a long non-ASCII name in the C locale.)
@safe public final class TarWriter {
    private enum State {
        /// Between two members.
        case ready
        /// Inside a file that still lacks so many bytes.
        case inFile(name: String, lacking: UInt64)
        case closed
    }

    private let handle: OpaquePointer
    private let entry: OpaquePointer
    private let descriptor: CInt
    private let path: String
    private var state = State.ready

    /// Begins a tar at a path, replacing a file that is there.
    /// - Throws: `StoreError` if the file can't be made.
    public static func create(_ path: String) throws(StoreError) -> TarWriter {
        try create(path, bufferSize: 1 << 16)
    }

    /// Begins a tar whose bytes are collected to pieces of a size before they are written.
    package static func create(_ path: String, bufferSize: Int) throws(StoreError) -> TarWriter {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system(path, "write") }
        guard let handle = unsafe archive_write_new() else {
            System.close(descriptor)
            throw StoreError(.system, file: path, reason: "no memory for an archive writer")
        }
        guard let entry = unsafe archive_entry_new() else {
            unsafe _ = archive_write_free(handle)
            System.close(descriptor)
            throw StoreError(.system, file: path, reason: "no memory for an entry")
        }
        let writer = unsafe TarWriter(handle, entry, descriptor, path)
        unsafe archive_write_set_format_gnutar(handle)
        unsafe archive_write_set_bytes_per_block(handle, CInt(clamping: bufferSize))
        try writer.check(unsafe archive_write_open_fd(handle, descriptor))
        return writer
    }

    private init(
        _ handle: OpaquePointer, _ entry: OpaquePointer, _ descriptor: CInt, _ path: String
    ) {
        unsafe self.handle = handle
        unsafe self.entry = entry
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        // libarchive may still write while it is freed.
        unsafe _ = archive_write_free(handle)
        unsafe archive_entry_free(entry)
        System.close(descriptor)
    }

    /// Adds a directory; its name gets the usual slash at its end.
    /// - Throws: `unsafePath` for a name that is empty, absolute or leads out with `..`.
    public func addDirectory(_ name: String) throws(StoreError) {
        try begin(Array(name.utf8), mode: 0o040000, permissions: 0o755, size: 0)
    }

    /// Adds a file.
    /// - Throws: `unsafePath` for a name that is empty, absolute, leads out with `..`, or ends in a
    ///   slash as a directory's does.
    public func add(_ name: String, _ bytes: [UInt8]) throws(StoreError) {
        try beginFile(name, size: UInt64(bytes.count))
        try append(bytes.span)
    }

    /// Adds a symbolic link.
    /// - Throws: `unsafePath` for a name that is empty, absolute or leads out with `..`.
    public func addSymbolicLink(_ name: String, to target: String) throws(StoreError) {
        guard !target.isEmpty, !target.utf8.contains(0) else {
            throw StoreError(
                .invalid, file: path, member: name,
                reason: "a link to an empty name or one with NUL")
        }
        try begin(
            Array(name.utf8), mode: 0o120000, permissions: 0o777, size: 0, link: target)
    }

    /// Begins a file whose bytes come in pieces, so that it needn't be held in memory.
    ///
    /// Exactly `size` bytes have to be appended before the next member or `close`.
    /// - Throws: As `add`.
    public func beginFile(_ name: String, size: UInt64) throws(StoreError) {
        try beginFile(bytes: Array(name.utf8), size: size)
    }

    /// Begins a file whose name may be in any encoding.
    package func beginFile(bytes name: [UInt8], size: UInt64) throws(StoreError) {
        guard name.last != UInt8(ascii: "/") else {
            throw refused(name, "a file's name can't end in a slash, which marks directories")
        }
        guard let declared = Int64(exactly: size) else {
            throw refused(name, "\(size) bytes are more than a tar can hold")
        }
        try begin(name, mode: 0o100000, permissions: 0o644, size: declared)
        if size > 0 { state = .inFile(name: String(decoding: name, as: UTF8.self), lacking: size) }
    }

    /// Appends bytes to the file that was begun.
    /// - Throws: `invalid` if the file has no room for so many bytes, or none was begun.
    public func append(_ bytes: Span<UInt8>) throws(StoreError) {
        guard !bytes.isEmpty else { return }
        guard case .inFile(let name, let lacking) = state else {
            throw StoreError(
                .invalid, file: path,
                reason: "\(bytes.count) bytes too many: no file is lacking any")
        }
        guard UInt64(bytes.count) <= lacking else {
            throw StoreError(
                .invalid, file: path, member: name,
                reason: "\(bytes.count) bytes given, but only \(lacking) were declared and lacking")
        }
        let status = unsafe bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
                let count = unsafe archive_write_data(handle, rest.baseAddress, rest.count)
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
        guard status else { throw failure(member: name) }
        let left = lacking - UInt64(bytes.count)
        state = left > 0 ? .inFile(name: name, lacking: left) : .ready
    }

    /// Writes the end marker. Without it nobody is told if the last bytes couldn't be written.
    public func close() throws(StoreError) {
        try close(syncing: false)
    }

    /// Writes the end marker and, if asked, waits until the disk has everything.
    package func close(syncing: Bool) throws(StoreError) {
        if case .closed = state { return }
        try requireReady()
        state = .closed
        try check(unsafe archive_write_close(handle))
        if syncing, fsync(descriptor) != 0 { throw .system(path, "sync") }
    }

    private func begin(
        _ name: [UInt8], mode: UInt32, permissions: UInt32, size: Int64, link: String? = nil
    ) throws(StoreError) {
        try requireReady()
        guard MemberPath(bytes: name) != nil else {
            throw refused(name, "a name has to be relative, without `..` and NUL, and not empty")
        }
        unsafe archive_entry_clear(entry)
        unsafe (name + [0]).withUnsafeBufferPointer { name in
            unsafe name.withMemoryRebound(to: CChar.self) {
                unsafe archive_entry_set_pathname(entry, $0.baseAddress)
            }
        }
        unsafe archive_entry_set_filetype(entry, mode)
        unsafe archive_entry_set_perm(entry, mode_t(permissions))
        unsafe archive_entry_set_size(entry, size)
        // A fixed time: the same input gives the same bytes.
        unsafe archive_entry_set_mtime(entry, 1_700_000_000, 0)
        if let link { unsafe archive_entry_set_symlink(entry, link) }
        let status = unsafe archive_write_header(handle, entry)
        // A warning is no failure: the entry was written.
        if status != ARCHIVE_OK && status != ARCHIVE_WARN {
            throw failure(member: String(decoding: name, as: UTF8.self))
        }
    }

    private func requireReady() throws(StoreError) {
        switch state {
        case .ready: return
        case .closed:
            throw StoreError(.invalid, file: path, reason: "the tar is closed; nothing can follow")
        case .inFile(let name, let lacking):
            throw StoreError(
                .invalid, file: path, member: name,
                reason: "\(lacking) of its declared bytes are lacking; append them first")
        }
    }

    private func refused(_ name: [UInt8], _ reason: String) -> StoreError {
        StoreError(
            .unsafePath, file: path, member: String(decoding: name, as: UTF8.self), reason: reason)
    }

    private func check(_ status: CInt) throws(StoreError) {
        if status != ARCHIVE_OK && status != ARCHIVE_WARN { throw failure(member: nil) }
    }

    private func failure(member: String?) -> StoreError {
        let number = unsafe archive_errno(handle)
        var words =
            unsafe archive_error_string(handle).map { unsafe String(cString: $0) }
            ?? "libarchive can't write it"
        if number > 0, let cause = unsafe strerror(number) {
            unsafe words += ": " + String(cString: cause)
        }
        return StoreError(.system, file: path, member: member, reason: words)
    }
}
