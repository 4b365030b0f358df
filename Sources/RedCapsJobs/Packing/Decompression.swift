import RedCapsBase

// After the system's module: types of the system that both bring belong to the first one.
internal import CArchive

/// Turns a compressed tar into a plain one, as a stream.
enum Decompression {
    /// Decompresses a file (gzip, zstd, xz or bzip2).
    /// - Throws: `StoreError` for damaged or cut input; then nothing of the output remains.
    static func run(
        _ input: String, to output: String, monitor: PackingMonitor
    ) throws(StoreError) {
        let file = try OutputFile(output)
        guard let archive = unsafe archive_read_new() else {
            throw StoreError(.system, file: input, reason: "no memory for an archive reader")
        }
        defer { unsafe _ = archive_read_free(archive) }
        unsafe archive_read_support_filter_gzip(archive)
        unsafe archive_read_support_filter_bzip2(archive)
        unsafe archive_read_support_filter_xz(archive)
        unsafe archive_read_support_filter_zstd(archive)
        // What the filters give is taken as it is.
        unsafe archive_read_support_format_raw(archive)
        var entry: OpaquePointer?
        guard unsafe archive_read_open_filename(archive, input, 1 << 20) == ARCHIVE_OK,
            unsafe archive_read_next_header(archive, &entry) >= ARCHIVE_WARN
        else { throw unsafe failure(archive, input) }
        var throttle = Throttle(.milliseconds(50))
        var unreported: UInt64 = 0
        while true {
            try monitor.check()
            var bytes: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let status = unsafe archive_read_data_block(archive, &bytes, &count, &offset)
            if status == ARCHIVE_EOF { break }
            guard status >= ARCHIVE_WARN else { throw unsafe failure(archive, input) }
            unsafe try file.write(UnsafeRawBufferPointer(start: bytes, count: count))
            unreported += UInt64(count)
            if throttle.passes() {
                monitor.advance { $0.decompressedBytes += unreported }
                unreported = 0
            }
        }
        monitor.advance { $0.decompressedBytes += unreported }
        let used = unsafe UInt64(clamping: archive_filter_bytes(archive, -1))
        let trailing = try Self.trailing(input, from: used)
        guard trailing == 0 else {
            throw StoreError(
                .notATar, file: input, byteOffset: used,
                reason: "\(trailing) bytes are lost: behind the compressed tar, and not of its "
                    + "format")
        }
        try file.finish()
    }

    /// How many bytes of a file the decompressor has left, if they are more than padding.
    private static func trailing(_ path: String, from used: UInt64) throws(StoreError) -> UInt64 {
        let file = try OpenFile(path)
        let size = try file.size()
        guard used < size else { return 0 }
        var isPadding = true
        try file.forEachPiece(at: used, size: size - used) { (piece) throws(StoreError) in
            for index in piece.indices where piece[index] != 0 { isPadding = false }
        }
        return isPadding ? 0 : size - used
    }

    private static func failure(_ archive: OpaquePointer, _ input: String) -> StoreError {
        let words = unsafe archive_error_string(archive).map { unsafe String(cString: $0) }
        return StoreError(
            .truncated, file: input,
            reason: "can't be decompressed to its end: \(words ?? "it is damaged or cut")")
    }
}
