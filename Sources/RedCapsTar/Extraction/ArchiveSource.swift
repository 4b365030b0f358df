import RedCapsBase

// After the system's module: types of the system that both bring belong to the first one.
internal import CArchive

/// The bytes of a tar, a megabyte at a time: decompressed, or without the zeros between archives that
/// were joined and without what is lost, as a listing has found them.
@safe package final class ArchiveSource {
    private static let pieceSize = 1 << 20

    let path: String
    private let file: OpenFile
    private let size: UInt64
    private let cancellation: Cancellation
    /// libarchive's handle that decompresses; `nil` for a plain tar.
    private let decompressor: OpaquePointer?
    private let buffer: UnsafeMutableRawBufferPointer
    /// What of a plain tar is left out, in order.
    private var gaps: ArraySlice<Range<UInt64>>
    /// What the decompressor has lent and isn't used yet.
    private var lent = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private var isAtEnd = false

    /// Where in a plain tar the next piece begins; how many bytes of a compressed one's tar were given.
    package private(set) var position: UInt64 = 0
    /// Why there are no more bytes, if not because of the end.
    private(set) var failure: StoreError?
    /// Becomes the failure once what was decompressed before it is used.
    private var pending: StoreError?
    /// Headers that come after zeros; only for a compressed tar, whose listing isn't known.
    private(set) var restarts: [UInt64] = []
    private var wasZero = false

    /// Opens a tar.
    /// - Parameter gaps: What of a plain tar is left out; `nil` for a compressed one.
    package init(
        _ path: String, without gaps: [Range<UInt64>]?, _ cancellation: Cancellation
    ) throws(StoreError) {
        self.cancellation = cancellation
        file = try OpenFile(path)
        size = try file.size()
        self.path = path
        self.gaps = (gaps ?? [])[...]
        unsafe buffer = .allocate(byteCount: Self.pieceSize, alignment: 4096)
        guard gaps == nil else {
            unsafe decompressor = nil
            return
        }
        guard let handle = unsafe archive_read_new() else {
            unsafe buffer.deallocate()
            throw StoreError(.system, file: path, reason: "no memory for an archive reader")
        }
        unsafe archive_read_support_filter_gzip(handle)
        unsafe archive_read_support_filter_bzip2(handle)
        unsafe archive_read_support_filter_xz(handle)
        unsafe archive_read_support_filter_zstd(handle)
        // What the filters give is taken as it is.
        unsafe archive_read_support_format_raw(handle)
        unsafe archive_read_support_format_empty(handle)
        unsafe decompressor = handle
        var entry: OpaquePointer?
        let isOpen = unsafe archive_read_open_fd(handle, file.descriptor, 1 << 20) == ARCHIVE_OK
        let status = isOpen ? unsafe archive_read_next_header(handle, &entry) : ARCHIVE_FATAL
        if status == ARCHIVE_EOF {
            isAtEnd = true
        } else if status < ARCHIVE_WARN {
            failure = decompressionFailure()
        }
    }

    deinit {
        unsafe buffer.deallocate()
        if let decompressor = unsafe decompressor { unsafe _ = archive_read_free(decompressor) }
    }

    /// Bytes of the file that were read so far.
    var progress: UInt64 {
        guard let decompressor = unsafe decompressor else { return position }
        return unsafe UInt64(clamping: archive_filter_bytes(decompressor, -1))
    }

    /// Makes sure, after the last piece, that nothing is lost.
    /// - Throws: `StoreError` with why there are no more bytes, or if a compressed tar's file goes on with
    ///   what isn't of its format.
    package func checkEnd() throws(StoreError) {
        if let failure { throw failure }
        let used = progress
        guard unsafe decompressor != nil, used < size else { return }
        // Padding to whole records of a tape, say, is nothing.
        var isPadding = true
        try file.forEachPiece(at: used, size: size - used) { (piece) throws(StoreError) in
            for index in piece.indices where piece[index] != 0 { isPadding = false }
        }
        guard !isPadding else { return }
        throw StoreError(
            .notATar, file: path, byteOffset: used,
            reason: "\(size - used) bytes are lost: behind the compressed tar, and not of its "
                + "format")
    }

    private func decompressionFailure() -> StoreError {
        let words = unsafe decompressor.flatMap { unsafe archive_error_string($0) }
            .map { unsafe String(cString: $0) }
        return StoreError(
            .truncated, file: path, byteOffset: progress,
            reason: "can't be decompressed to its end: \(words ?? "it is damaged or cut")")
    }

    /// The next piece, which is lent until the next call; empty at the end or after a failure.
    package func next() -> UnsafeRawBufferPointer {
        // A small file may hold any number of zeros, which libarchive passes over without a pause.
        do throws(StoreError) { try cancellation.check(path) } catch { failure = failure ?? error }
        guard failure == nil else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        let count = unsafe decompressor == nil ? readPlain() : decompress()
        position += unsafe decompressor == nil ? 0 : UInt64(count)
        if count == 0 { failure = failure ?? pending }
        return unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    private func readPlain() -> Int {
        if let gap = gaps.first, gap.lowerBound <= position {
            position = max(position, gap.upperBound)
            gaps.removeFirst()
            return readPlain()
        }
        let end = min(gaps.first?.lowerBound ?? size, position + UInt64(Self.pieceSize))
        guard end > position else { return 0 }
        let target = unsafe UnsafeMutableRawBufferPointer(
            rebasing: buffer[..<Int(end - position)])
        do throws(StoreError) {
            let count = unsafe try file.read(at: position, into: target)
            position += UInt64(count)
            return count
        } catch {
            failure = error
            return 0
        }
    }

    /// Fills the buffer, so that blocks begin at multiples of their size in every piece.
    private func decompress() -> Int {
        guard let decompressor = unsafe decompressor, failure == nil else { return 0 }
        var filled = 0
        while filled < Self.pieceSize {
            if unsafe lent.isEmpty {
                if isAtEnd { break }
                var bytes: UnsafeRawPointer?
                var count = 0
                var offset: la_int64_t = 0
                let status = unsafe archive_read_data_block(decompressor, &bytes, &count, &offset)
                if status == ARCHIVE_EOF {
                    isAtEnd = true
                    break
                }
                guard status >= ARCHIVE_WARN else {
                    pending = decompressionFailure()
                    isAtEnd = true
                    break
                }
                unsafe lent = UnsafeRawBufferPointer(start: bytes, count: count)
                if unsafe lent.isEmpty { continue }
            }
            let part = unsafe min(lent.count, Self.pieceSize - filled)
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + part)])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: lent[..<part]))
            unsafe lent = UnsafeRawBufferPointer(rebasing: lent[part...])
            filled += part
        }
        look(filled)
        return filled
    }

    /// Notes headers after zeros in the first bytes of the buffer.
    private func look(_ count: Int) {
        var start = 0
        while start + TarHeader.size <= count {
            let block = unsafe UnsafeRawBufferPointer(
                rebasing: buffer[start..<(start + TarHeader.size)])
            let isZero = unsafe block[0] == 0 && block.allSatisfy { $0 == 0 }
            if wasZero, !isZero, unsafe TarHeader(block) != nil {
                restarts.append(position + UInt64(start))
            }
            wasZero = isZero
            start += TarHeader.size
        }
    }

    /// Forgets restarts before an offset.
    func dropRestarts(before offset: UInt64) {
        restarts.removeAll { $0 < offset }
    }

    /// Decompresses what is left, and throws it away.
    func drain() { while unsafe !next().isEmpty {} }
}
