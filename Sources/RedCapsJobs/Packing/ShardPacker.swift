import RedCapsTar
import RedCapsBase

/// Writes a shard, reads it again, and only then gives it its name.
@safe final class ShardPacker {
    private static let bufferSize = 1 << 20

    private let table: FileTable
    private let source: PackingSource
    private let folder: PackingFolder
    private let monitor: PackingMonitor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: bufferSize, alignment: 4096)
    private var throttle = Throttle(.milliseconds(50))
    private var unreported: (files: Int, bytes: UInt64) = (0, 0)

    init(
        _ table: FileTable, _ source: PackingSource, _ folder: PackingFolder,
        _ monitor: PackingMonitor
    ) {
        self.table = table
        self.source = source
        self.folder = folder
        self.monitor = monitor
    }

    deinit { unsafe buffer.deallocate() }

    /// Packs a shard, unless an earlier run has done so.
    func pack(_ shard: ShardPlan.Shard) throws(StoreError) {
        let path = "\(folder.path)/\(shard.name)"
        if Disk.exists(path), try isPacked(shard, in: path) {
            monitor.advance {
                $0.files += shard.files.count
                $0.bytes += shard.byteCount
                $0.shards += 1
                $0.kept += 1
            }
            return
        }
        let part = folder.temporary(shard.name)
        do throws(StoreError) {
            let hashes = try write(shard, to: part)
            try verify(part, shard, hashes)
            try Disk.rename(part, to: path)
        } catch {
            unsafe _ = unlink(part)
            throw error
        }
        try Disk.syncFolder(of: path)
        report()
        monitor.advance { $0.shards += 1 }
    }

    /// Whether a shard that is there holds what it would hold if it were written now, byte by byte.
    private func isPacked(_ shard: ShardPlan.Shard, in path: String) throws(StoreError) -> Bool {
        let listing = ShardListing(path: path)
        guard difference(listing, shard) == nil else { return false }
        let file = try OpenFile(path)
        for (member, position) in zip(listing.members, shard.files) {
            let packed = unsafe try read(file, at: member.offset, member.size, place: { $0 }) {
                (_) throws(StoreError) in
            }
            let (origin, offset) = try source.open(position)
            let wanted = unsafe try read(
                origin, at: offset, member.size, place: { source.place(of: position, $0) }
            ) { (_) throws(StoreError) in }
            if packed != wanted { return false }
        }
        try source.check()
        return true
    }

    private func write(
        _ shard: ShardPlan.Shard, to part: String
    ) throws(StoreError) -> [UInt64] {
        let writer = try TarWriter.create(part, bufferSize: Self.bufferSize)
        var hashes: [UInt64] = []
        hashes.reserveCapacity(shard.files.count)
        for position in shard.files {
            let size = table[position].size
            let file = try source.open(position)
            try writer.beginFile(bytes: table.path(position), size: size)
            hashes.append(
                unsafe try read(
                    file.file, at: file.offset, size, place: { source.place(of: position, $0) }
                ) { (piece) throws(StoreError) in
                    let bytes = unsafe piece.assumingMemoryBound(to: UInt8.self)
                    unsafe try writer.append(bytes.span)
                    advance(files: 0, bytes: UInt64(piece.count))
                })
            advance(files: 1, bytes: 0)
        }
        try source.check()
        try writer.close(syncing: true)
        return hashes
    }

    /// Reads the shard again: its members, and their bytes by their hashes.
    private func verify(
        _ part: String, _ shard: ShardPlan.Shard, _ hashes: [UInt64]
    ) throws(StoreError) {
        let listing = ShardListing(path: part)
        if let difference = difference(listing, shard) {
            throw StoreError(.mismatch, file: part, reason: "doesn't read back: \(difference)")
        }
        let file = try OpenFile(part)
        for (member, hash) in zip(listing.members, hashes) {
            let again = unsafe try read(file, at: member.offset, member.size, place: { $0 }) {
                (_) throws(StoreError) in
            }
            guard again == hash else {
                throw StoreError(
                    .mismatch, file: part, member: String(decoding: member.name, as: UTF8.self),
                    byteOffset: member.offset,
                    reason: "doesn't read back: its bytes aren't those of the source; "
                        + "check the memory and the disk of this computer")
            }
        }
    }

    /// What in a listing isn't as planned.
    private func difference(_ listing: ShardListing, _ shard: ShardPlan.Shard) -> String? {
        if let failure = listing.failure { return failure.reason }
        guard listing.members.count == shard.files.count else {
            return "\(listing.members.count) members instead of \(shard.files.count)"
        }
        for (member, position) in zip(listing.members, shard.files) {
            guard member.kind == .file, member.size == table[position].size,
                member.name == table.path(position)
            else {
                return "\(String(decoding: member.name, as: UTF8.self)) of \(member.size) bytes "
                    + "where another was written"
            }
        }
        // Two blocks of zeros follow the last member.
        if let last = listing.members.last, listing.byteCount < last.offset + last.size + 1024 {
            return "its end is missing"
        }
        return nil
    }

    /// Reads a range through the buffer.
    /// - Returns: The hash of its bytes.
    private func read(
        _ file: OpenFile, at offset: UInt64, _ size: UInt64,
        place: (StoreError) -> StoreError,
        _ take: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) -> UInt64 {
        var hash = XXH64()
        var done: UInt64 = 0
        repeat {
            try monitor.check()
            let count = Int(min(size - done, UInt64(Self.bufferSize)))
            let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            do throws(StoreError) {
                unsafe try file.fill(piece, at: offset + done)
            } catch {
                throw place(error)
            }
            unsafe hash.update(UnsafeRawBufferPointer(piece))
            unsafe try take(UnsafeRawBufferPointer(piece))
            done += UInt64(count)
        } while done < size
        return hash.value
    }

    private func advance(files: Int, bytes: UInt64) {
        unreported.files += files
        unreported.bytes += bytes
        if throttle.passes() { report() }
    }

    private func report() {
        let news = unreported
        unreported = (0, 0)
        monitor.advance {
            $0.files += news.files
            $0.bytes += news.bytes
        }
    }
}
