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
        try file.finish()
    }

    private static func failure(_ archive: OpaquePointer, _ input: String) -> StoreError {
        let words = unsafe archive_error_string(archive).map { unsafe String(cString: $0) }
        return StoreError(
            .truncated, file: input,
            reason: "can't be decompressed to its end: \(words ?? "it is damaged or cut")")
    }
}
