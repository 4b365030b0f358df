internal import CArchive

/// Writes a plain tar, file by file, through libarchive, in the format that GNU tar writes by default.
///
/// Names go in as their UTF-8 bytes. (libarchive's pax writer would convert them by the process's
/// locale, and crashes over a long non-ASCII name in the C locale.)
@safe public final class TarWriter {
    private let handle: OpaquePointer
    private let path: String
    private var isOpen = true

    /// Begins a tar at a path, replacing a file that is there.
    /// - Throws: `StoreError` if the file can't be made.
    public static func create(_ path: String) throws(StoreError) -> TarWriter {
        guard let handle = unsafe archive_write_new() else {
            throw StoreError(.system, file: path, reason: "no memory for an archive writer")
        }
        let writer = unsafe TarWriter(handle, path)
        unsafe archive_write_set_format_gnutar(handle)
        try writer.check(unsafe archive_write_open_filename(handle, path))
        return writer
    }

    private init(_ handle: OpaquePointer, _ path: String) {
        unsafe self.handle = handle
        self.path = path
    }

    deinit { unsafe _ = archive_write_free(handle) }

    /// Adds a directory; its name gets the usual slash at its end.
    public func addDirectory(_ name: String) throws(StoreError) {
        try add(name, mode: 0o040000, permissions: 0o755, bytes: [])
    }

    /// Adds a file.
    public func add(_ name: String, _ bytes: [UInt8]) throws(StoreError) {
        try add(name, mode: 0o100000, permissions: 0o644, bytes: bytes)
    }

    /// Adds a symbolic link.
    public func addSymbolicLink(_ name: String, to target: String) throws(StoreError) {
        try add(name, mode: 0o120000, permissions: 0o777, bytes: [], link: target)
    }

    /// Writes the end marker. Without it nobody is told if the last bytes couldn't be written.
    public func close() throws(StoreError) {
        guard isOpen else { return }
        isOpen = false
        try check(unsafe archive_write_close(handle))
    }

    private func add(
        _ name: String, mode: UInt32, permissions: UInt32, bytes: [UInt8], link: String? = nil
    ) throws(StoreError) {
        guard let entry = unsafe archive_entry_new() else {
            throw StoreError(.system, file: path, member: name, reason: "no memory for an entry")
        }
        defer { unsafe archive_entry_free(entry) }
        unsafe archive_entry_set_pathname(entry, name)
        unsafe archive_entry_set_filetype(entry, mode)
        unsafe archive_entry_set_perm(entry, mode_t(permissions))
        unsafe archive_entry_set_size(entry, Int64(bytes.count))
        // A fixed time: the same input gives the same bytes.
        unsafe archive_entry_set_mtime(entry, 1_700_000_000, 0)
        if let link { unsafe archive_entry_set_symlink(entry, link) }
        try check(unsafe archive_write_header(handle, entry), member: name)
        guard !bytes.isEmpty else { return }
        let written = unsafe bytes.withUnsafeBytes { bytes in
            unsafe archive_write_data(handle, bytes.baseAddress, bytes.count)
        }
        if written < 0 { throw failure(member: name) }
    }

    /// A warning is no failure here: the entry was written.
    private func check(_ status: CInt, member: String? = nil) throws(StoreError) {
        if status != ARCHIVE_OK && status != ARCHIVE_WARN { throw failure(member: member) }
    }

    private func failure(member: String?) -> StoreError {
        let words = unsafe archive_error_string(handle).map { unsafe String(cString: $0) }
        return StoreError(
            .system, file: path, member: member, reason: words ?? "libarchive can't write it")
    }
}
