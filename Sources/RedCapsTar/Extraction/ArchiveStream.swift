import RedCapsBase

// After the system's module: types of the system that both bring belong to the first one.
internal import CArchive

/// Reads a tar of any dialect, plain or compressed, from front to back through libarchive.
@safe final class ArchiveStream {
    /// A member as its headers describe it.
    struct Member {
        enum Kind {
            case file(size: UInt64)
            case folder
            case symbolicLink([UInt8])
            case hardLink([UInt8])
            /// A device, a pipe or a socket.
            case special
        }

        let name: [UInt8]
        let kind: Kind
        let mode: mode_t
        let time: FileTime
    }

    private let handle: OpaquePointer
    private let path: String

    /// Opens a tar.
    init(_ path: String) throws(StoreError) {
        guard let handle = unsafe archive_read_new() else {
            throw StoreError(.system, file: path, reason: "no memory for an archive reader")
        }
        unsafe self.handle = handle
        self.path = path
        unsafe archive_read_support_format_tar(handle)
        unsafe archive_read_support_filter_gzip(handle)
        unsafe archive_read_support_filter_bzip2(handle)
        unsafe archive_read_support_filter_xz(handle)
        unsafe archive_read_support_filter_zstd(handle)
        guard unsafe archive_read_open_filename(handle, path, 1 << 20) == ARCHIVE_OK else {
            throw failure()
        }
    }

    deinit { unsafe _ = archive_read_free(handle) }

    /// Bytes of the file that were read so far, before decompression.
    var position: UInt64 { unsafe UInt64(clamping: archive_filter_bytes(handle, -1)) }

    /// The next member, or `nil` at the end.
    func next() throws(StoreError) -> Member? {
        var entry: OpaquePointer?
        let status = unsafe archive_read_next_header(handle, &entry)
        if status == ARCHIVE_EOF { return nil }
        // A warning still comes with an entry, for example for a name outside the C locale.
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry = unsafe entry else {
            throw failure()
        }
        let name = unsafe Self.bytes(
            archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry))
        return unsafe Member(
            name: name ?? [], kind: kind(of: entry), mode: archive_entry_perm(entry),
            time: FileTime(
                seconds: Int(archive_entry_mtime(entry)),
                nanoseconds: archive_entry_mtime_nsec(entry)))
    }

    private func kind(of entry: OpaquePointer) -> Member.Kind {
        if let target = unsafe Self.bytes(
            archive_entry_hardlink(entry) ?? archive_entry_hardlink_utf8(entry))
        {
            return .hardLink(target)
        }
        // AE_IFREG and its like are macros with casts, which Swift doesn't import.
        switch unsafe archive_entry_filetype(entry) & 0o170000 {
        case 0o100000: return unsafe .file(size: UInt64(clamping: archive_entry_size(entry)))
        case 0o040000: return .folder
        case 0o120000:
            return unsafe .symbolicLink(
                Self.bytes(archive_entry_symlink(entry) ?? archive_entry_symlink_utf8(entry)) ?? [])
        default: return .special
        }
    }

    private static func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
        guard let text = unsafe text else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    /// Lends the bytes of the member at hand, piece by piece, each with its place in the file;
    /// between them are holes.
    func forEachPiece(
        _ body: (UnsafeRawBufferPointer, _ offset: UInt64) throws -> Void
    ) throws {
        while true {
            var bytes: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            let status = unsafe archive_read_data_block(handle, &bytes, &count, &offset)
            if status == ARCHIVE_EOF { return }
            guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw failure() }
            unsafe try body(
                UnsafeRawBufferPointer(start: bytes, count: count), UInt64(clamping: offset))
        }
    }

    private func failure() -> StoreError {
        let words = unsafe archive_error_string(handle).map { unsafe String(cString: $0) }
        let isShort = words?.hasPrefix("Truncated") ?? false
        return StoreError(
            isShort ? .truncated : .notATar, file: path, byteOffset: position,
            reason: words ?? "libarchive can't read it")
    }
}
