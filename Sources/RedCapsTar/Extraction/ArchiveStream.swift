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
    private let source: ArchiveSource
    private let isCompressed: Bool
    /// Where in the decompressed tar the member at hand ends; `nil` if that can't be told.
    private var expected: UInt64? = 0
    /// What a compressed tar holds behind its first end marker, as far as it was read.
    private(set) var ending = ShardEnding()
    /// Whether a compressed tar that was read to its end has an end marker.
    private(set) var hasMarker = true

    /// Opens a tar.
    /// - Parameter gaps: What of a plain tar is left out; `nil` for a compressed one.
    init(
        _ path: String, without gaps: [Range<UInt64>]?, _ cancellation: Cancellation
    ) throws(StoreError) {
        source = try ArchiveSource(path, without: gaps, cancellation)
        isCompressed = gaps == nil
        guard let handle = unsafe archive_read_new() else {
            throw StoreError(.system, file: path, reason: "no memory for an archive reader")
        }
        unsafe self.handle = handle
        self.path = path
        unsafe archive_read_support_format_tar(handle)
        // Zeros between archives that were joined are passed over.
        unsafe _ = archive_read_set_options(handle, "tar:read_concatenated_archives")
        let context = unsafe Unmanaged.passUnretained(source).toOpaque()
        let status = unsafe archive_read_open(
            handle, context, nil,
            { _, context, piece in
                #if !canImport(Darwin)
                guard let context = unsafe context, let piece = unsafe piece else { return -1 }
                #endif
                let source = unsafe Unmanaged<ArchiveSource>.fromOpaque(context)
                    .takeUnretainedValue()
                let bytes = unsafe source.next()
                unsafe piece.pointee = bytes.baseAddress
                return source.failure == nil ? bytes.count : -1
            }, nil)
        guard status == ARCHIVE_OK else { throw failure() }
    }

    deinit { unsafe _ = archive_read_free(handle) }

    /// Bytes of the file that were read so far, before decompression.
    var position: UInt64 { source.progress }

    /// How much of the tar libarchive has gone through.
    private var offset: UInt64 { unsafe UInt64(clamping: archive_filter_bytes(handle, 0)) }

    /// The next member, or `nil` at the end.
    func next() throws(StoreError) -> Member? {
        var entry: OpaquePointer?
        let status = unsafe archive_read_next_header(handle, &entry)
        if status == ARCHIVE_EOF {
            try finish()
            return nil
        }
        // A warning still comes with an entry, for example for a name outside the C locale.
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry = unsafe entry else {
            throw failure()
        }
        let name = unsafe Self.bytes(
            archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry))
        unsafe follow(entry)
        return unsafe Member(
            name: name ?? [], kind: kind(of: entry), mode: archive_entry_perm(entry),
            time: FileTime(
                seconds: Int(archive_entry_mtime(entry)),
                nanoseconds: archive_entry_mtime_nsec(entry)))
    }

    /// What isn't as it should be in a compressed tar that was read to its end, though nothing is known
    /// to be lost.
    var warnings: [StoreError] {
        let end = hasMarker ? nil : expected
        return ending.warnings(path, end.map { ShardListing.End(offset: $0, hasMarker: false) })
    }

    /// Looks whether the member of a compressed tar comes where the one before has ended.
    private func follow(_ entry: OpaquePointer) {
        guard isCompressed else { return }
        if let expected {
            source.dropRestarts(before: expected)
            if let start = source.restarts.first, start < offset {
                ending.add(zeros: expected..<start)
            }
        }
        let size = unsafe UInt64(clamping: archive_entry_size(entry))
        let hasBytes = unsafe archive_entry_filetype(entry) & 0o170000 == 0o100000
        let isPlain = unsafe archive_entry_hardlink(entry) == nil
        // The bytes of a sparse member are fewer than its size, and not told.
        let isKnown = unsafe archive_entry_sparse_count(entry) == 0 && (isPlain || size == 0)
        expected = isKnown ? offset + (hasBytes ? TarHeader.padded(size) : 0) : nil
    }

    /// Looks at what the tar ends in.
    private func finish() throws(StoreError) {
        if isCompressed, let expected { hasMarker = source.position > expected }
        try source.checkEnd()
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
        if let failure = source.failure { return failure }
        let words = unsafe archive_error_string(handle).map { unsafe String(cString: $0) }
        let isShort = words?.hasPrefix("Truncated") ?? false
        return StoreError(
            isShort ? .truncated : .notATar, file: path, byteOffset: position,
            reason: (words ?? "libarchive can't read it") + lost)
    }

    /// How many bytes of a compressed tar lie behind what could be read.
    private var lost: String {
        guard isCompressed else { return "" }
        let start = offset
        source.drain()
        guard source.position > start else { return "" }
        return "; from byte \(start) of the decompressed tar on \(source.position - start) bytes "
            + "are lost"
    }
}
