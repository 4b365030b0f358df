internal import CSystem

import RedCapsBase

/// Reads a piece of a plain shard from front to back, and unpacks the members in it, whose places are
/// known from its listing. Larger ones are copied by the system; what lies between them, and where
/// the system can't, goes through a buffer.
@safe final class ShardReader {
    private static let bufferSize = 1 << 20
    /// The most that the system copies at once, so that a wish to stop is heard in between.
    private static let mostAtOnce: UInt64 = 16 << 20
    /// From how many bytes on the system copies.
    private static let systemCopies: UInt64 = 8192

    private let file: OpenFile
    private let buffer: UnsafeMutableRawBufferPointer
    private var held: Range<UInt64> = 0..<0
    /// Whether the system copies between these two files.
    private var hasSystemCopy = true

    init(_ file: OpenFile) {
        self.file = file
        unsafe buffer = .allocate(byteCount: Self.bufferSize, alignment: 4096)
    }

    deinit { unsafe buffer.deallocate() }

    /// Lends the bytes from an offset on: `count`, or as many as the buffer has room for.
    private func withBytes<Result>(
        at offset: UInt64, count: UInt64, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let wanted = min(count, UInt64(Self.bufferSize))
        if offset < held.lowerBound || offset + wanted > held.upperBound {
            held = 0..<0
            // Where large members are skipped, what follows them isn't worth reading ahead.
            let ahead = hasSystemCopy ? Int(Self.systemCopies) : Self.bufferSize
            let target = unsafe UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<max(Int(wanted), ahead)])
            let filled = unsafe try file.read(at: offset, into: target)
            guard UInt64(filled) >= wanted else {
                throw StoreError(
                    .truncated, file: file.path, byteOffset: offset,
                    reason: "cut while it was read")
            }
            held = offset..<(offset + UInt64(filled))
        }
        let start = Int(offset - held.lowerBound)
        return unsafe try body(
            UnsafeRawBufferPointer(rebasing: buffer[start..<(start + Int(wanted))]))
    }

    /// The mode and the time of a member.
    /// - Parameter gap: Where the headers before the member's own begin.
    func attributes(
        of member: TarMember, gap: UInt64
    ) throws -> (mode: mode_t, time: FileTime) {
        let header = member.offset - UInt64(TarHeader.size)
        var fraction: FileTime?
        if header > gap {
            // Extended headers, of which only the time matters here; the name is known.
            fraction = unsafe try withBytes(at: gap, count: header - gap) { bytes in
                unsafe Self.paxTime(bytes)
            }
        }
        return unsafe try withBytes(at: header, count: UInt64(TarHeader.size)) { block in
            let seconds = unsafe TarHeader.signedNumber(block, 136, 12) ?? 0
            let mode = unsafe TarHeader.signedNumber(block, 100, 8) ?? 0o644
            return (
                mode_t(truncatingIfNeeded: mode),
                fraction ?? FileTime(seconds: Int(clamping: seconds))
            )
        }
    }

    /// The time in the extended headers before a member.
    private static func paxTime(_ bytes: UnsafeRawBufferPointer) -> FileTime? {
        var time: FileTime?
        var offset = 0
        while offset + TarHeader.size <= bytes.count {
            let block = unsafe UnsafeRawBufferPointer(
                rebasing: bytes[offset..<(offset + TarHeader.size)])
            guard let header = unsafe TarHeader(block), let size = header.byteCount,
                let count = Int(exactly: size), count <= bytes.count - offset - TarHeader.size
            else { return time }
            let body = offset + TarHeader.size
            if header.typeFlag == UInt8(ascii: "x") {
                let records = unsafe PaxRecords(Array(bytes[body..<(body + count)]))
                if let records { time = records.modified }
            }
            offset = body + (count + TarHeader.size - 1) / TarHeader.size * TarHeader.size
        }
        return time
    }

    /// Copies a member's bytes to a file.
    func copy(
        _ member: TarMember, to folder: StagingFolder, _ target: CInt, _ cancellation: Cancellation
    ) throws {
        var done: UInt64 = 0
        while hasSystemCopy, member.size >= Self.systemCopies, done < member.size {
            if done > 0 { try cancellation.check(file.path) }
            let count = rc_copy_range(
                file.descriptor, Int64(member.offset + done), target, Int64(done),
                Int(min(member.size - done, Self.mostAtOnce)))
            if count > 0 {
                done += UInt64(count)
            } else if count == 0 {
                throw StoreError(
                    .truncated, file: file.path, byteOffset: member.offset + done,
                    reason: "cut while it was read")
            } else if [ENOSYS, EOPNOTSUPP, EXDEV, EINVAL, EPERM].contains(errno) {
                hasSystemCopy = false
            } else if errno != EINTR {
                throw folder.failure("write")
            }
        }
        while done < member.size {
            if done > 0 { try cancellation.check(file.path) }
            done += unsafe try withBytes(at: member.offset + done, count: member.size - done) {
                bytes in
                unsafe try folder.write(bytes, to: target, at: done)
                return UInt64(bytes.count)
            }
        }
    }
}
