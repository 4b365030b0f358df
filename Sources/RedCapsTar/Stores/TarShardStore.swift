public import RedCapsBase

/// Tar shards as they were downloaded: each file is one read of one range of a shard.
///
/// A map of the shard would be no faster and would end the process with SIGBUS if the shard were
/// cut while in use; a read just comes up short, which is an error like any other.
public final class TarShardStore: FileStore {
    /// The members.
    public let index: TarIndex
    /// Shards that were changed since they were indexed: their state when they were looked at last,
    /// and whether their members were still the same.
    private let changed = ConditionLock<[Int: (stamp: FileStamp, isSame: Bool)]>([:])

    /// Serves the members of an index.
    public init(_ index: TarIndex) {
        self.index = index
    }

    deinit { OpenShards.shared.closeAll(of: ObjectIdentifier(self)) }

    /// Finds a member in the index.
    public func locate(_ path: String) throws(StoreError) -> FileLocation {
        let entry = try index.find(try MemberPath(checking: path, in: "shards"))
        return FileLocation(UInt32(entry.shard), entry.offset, entry.size)
    }

    /// Reads a member with one `pread`.
    ///
    /// A shard whose time has changed since it was indexed is listed again first, once for each
    /// change: if its members are still the same, what they hold now is served.
    /// - Throws: `StoreError` with the shard, the member and its place if the shard can't be read,
    ///   has become shorter, or holds other members than when it was indexed.
    public func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        let (source, offset) = (location.shardNumber, location.offset)
        guard location.key == nil, index.shards.indices.contains(Int(source)) else {
            throw .foreign(location, to: "shards")
        }
        do throws(StoreError) {
            try read(source, offset, location.size, into: &buffer)
        } catch {
            throw StoreError(
                error.code, file: error.file,
                member: index.path(shard: source, offset: offset)?.description, byteOffset: offset,
                reason: error.reason, systemError: error.systemError)
        }
    }

    /// The shard, the member, and where in the shard it begins.
    public func describe(_ location: FileLocation, of path: String) -> String {
        guard let shard = location.shard, index.shards.indices.contains(shard) else { return path }
        return "\(index.shards[shard].path)!\(path) at byte \(location.offset)"
    }

    /// The shards, with the size and time of each when it was indexed.
    public func shards() -> [StoreShard] {
        index.shards.map {
            StoreShard(
                name: $0.name, byteCount: $0.byteCount, version: .modified($0.file.modified))
        }
    }

    private func read(
        _ source: UInt32, _ offset: UInt64, _ size: UInt64, into buffer: inout ReadBuffer
    ) throws(StoreError) {
        let shard = index.shards[Int(source)]
        guard size <= maximumFileSize else {
            throw StoreError(
                .tooLarge, file: shard.path, reason: "\(size) bytes, more than \(maximumFileSize)")
        }
        let key = OpenShards.Key(store: ObjectIdentifier(self), shard: Int(source))
        let open = try OpenShards.shared.file(key, shard.path) { (stamp) throws(StoreError) in
            try verify(Int(source), stamp)
        }
        let length = open.stamp.byteCount
        // The file's length counts, not the header's word: memory is bounded by real bytes.
        guard offset <= length, size <= length - offset else {
            throw truncated(shard.path, size, left: length > offset ? length - offset : 0)
        }
        guard length == shard.byteCount else {
            throw StoreError(
                .changed, file: shard.path,
                reason: "the shard had \(shard.byteCount) bytes when it was indexed and has "
                    + "\(length) now; open the data set again")
        }
        unsafe try buffer.fill(Int(size)) { target throws(StoreError) in
            let count = unsafe try open.file.read(at: offset, into: target)
            guard count == target.count else {
                throw truncated(shard.path, size, left: UInt64(count))
            }
            // Somebody who has written to it before may do so again.
            if open.stamp != shard.file.stamp, try open.file.stamp() != open.stamp {
                throw isOther(shard)
            }
            return count
        }
    }

    /// Makes sure that a shard whose time has changed still has the members that were indexed.
    private func verify(_ number: Int, _ stamp: FileStamp) throws(StoreError) {
        let shard = index.shards[number]
        // Of one with another length, whoever reads tells more.
        guard stamp != shard.file.stamp, stamp.byteCount == shard.byteCount else { return }
        let isSame = try changed.update { (known) throws(StoreError) in
            if let known = known[number], known.stamp == stamp { return known.isSame }
            let listing = ShardListing(path: shard.path)
            // The system's refusal may pass.
            if let failure = listing.failure, failure.code == .system { throw failure }
            let isSame = try index.members.use { (members) throws(StoreError) in
                listing.stamp == stamp && shard.isSame(as: listing, members)
            }
            known[number] = (stamp, isSame)
            return isSame
        }
        guard isSame else { throw isOther(shard) }
    }

    private func isOther(_ shard: TarIndex.Shard) -> StoreError {
        StoreError(
            .changed, file: shard.path,
            reason: "the shard isn't the one that was indexed; open the data set again")
    }

    private func truncated(_ path: String, _ size: UInt64, left: UInt64) -> StoreError {
        StoreError(
            .truncated, file: path,
            reason: "truncated, header promises \(size) bytes, \(left) left")
    }
}
