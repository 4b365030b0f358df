package import RedCapsBase

// After the system's module: types of the system that both bring belong to the first one.
internal import CArchive

/// The thorough path through a tar: libarchive reads every header, for dialects and members that
/// the quick path doesn't know.
package enum LibarchiveListing {
    /// Lists a tar.
    /// - Returns: The members up to the end or to damage, and the damage if there was any.
    package static func members(of path: String) -> (members: TarMembers, failure: StoreError?) {
        guard let archive = Reader(path) else {
            return (
                TarMembers(),
                StoreError(.system, file: path, reason: "no memory for an archive reader")
            )
        }
        var members = TarMembers()
        if let failure = archive.open() { return (members, failure) }
        while true {
            switch archive.next() {
            case .member(let member): members.append(member)
            case .end: return (members, nil)
            case .failure(let failure): return (members, failure)
            }
        }
    }

    /// Owns libarchive's handle.
    @safe private final class Reader {
        enum Step {
            case member(TarMember)
            case end
            case failure(StoreError)
        }

        private let handle: OpaquePointer
        private let path: String

        init?(_ path: String) {
            guard let handle = unsafe archive_read_new() else { return nil }
            unsafe self.handle = handle
            self.path = path
            unsafe archive_read_support_format_tar(handle)
            // Zeros between archives that were joined are passed over.
            unsafe _ = archive_read_set_options(handle, "tar:read_concatenated_archives")
        }

        deinit { unsafe _ = archive_read_free(handle) }

        func open() -> StoreError? {
            let status = unsafe archive_read_open_filename(handle, path, 1 << 16)
            return status == ARCHIVE_OK ? nil : failure()
        }

        func next() -> Step {
            var entry: OpaquePointer?
            let status = unsafe archive_read_next_header(handle, &entry)
            if status == ARCHIVE_EOF { return .end }
            // A warning still comes with an entry, for example for a name outside the C locale.
            guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry = unsafe entry else {
                return .failure(failure())
            }
            return unsafe .member(member(entry))
        }

        /// An entry whose header has just been read, which is when the count of bytes consumed is
        /// the offset of its own.
        private func member(_ entry: OpaquePointer) -> TarMember {
            let offset = unsafe UInt64(clamping: archive_filter_bytes(handle, 0))
            let size = unsafe UInt64(clamping: archive_entry_size(entry))
            // The bytes as they are, or, for a pax name that the process's locale can't hold, UTF-8.
            let name = unsafe (archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry))
                .map { text in
                    unsafe Array(
                        UnsafeRawBufferPointer(start: text, count: strlen(text)))
                }
            let kind = unsafe kind(of: entry, name: name)
            return TarMember(
                name: name ?? [], kind: kind, offset: offset, size: kind == .file ? size : 0)
        }

        private func kind(of entry: OpaquePointer, name: [UInt8]?) -> TarMember.Kind {
            if unsafe archive_entry_hardlink(entry) != nil { return .hardLink }
            if unsafe archive_entry_sparse_count(entry) > 0 { return .sparse }
            // AE_IFREG and its like are macros with casts, which Swift doesn't import.
            switch unsafe archive_entry_filetype(entry) & 0o170000 {
            case 0o100000: return .file
            case 0o040000: return .directory
            case 0o120000: return .symbolicLink
            default: return .special
            }
        }

        private func failure() -> StoreError {
            let words = unsafe archive_error_string(handle).map { unsafe String(cString: $0) }
            let offset = unsafe archive_filter_bytes(handle, 0)
            let isShort = words?.hasPrefix("Truncated") ?? false
            return StoreError(
                isShort ? .truncated : .notATar, file: path, byteOffset: UInt64(clamping: offset),
                reason: words ?? "a header that can't be read; members after it aren't served")
        }
    }
}
