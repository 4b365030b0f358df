public import RedCapsBase

/// Everything that one shard holds, by the quick path or, where that isn't enough, by libarchive.
public struct ShardListing: Sendable {
    /// The members in the order of the archive, directories, links and all.
    public let members: TarMembers
    /// Why the listing isn't whole, if it isn't: the first byte that is lost, and how many are. The
    /// members before the damage are served, and those behind zeros from where headers chain to an
    /// end.
    public let failure: StoreError?
    /// What isn't as it should be though nothing is known to be lost: no end marker, or another archive
    /// behind it.
    public private(set) var warnings: [StoreError] = []
    /// The shard's length in bytes.
    public let byteCount: UInt64
    /// Where the members end, if the quick path has listed them to the end.
    package let end: End?
    /// What lies behind the first end marker.
    package private(set) var ending = ShardEnding()
    /// What the file system said of the file that was listed.
    package let stamp: FileStamp?

    /// Where the members of a shard end.
    package struct End: Sendable {
        /// Where the end marker is or should be.
        package let offset: UInt64
        /// Whether it is there.
        package let hasMarker: Bool
    }

    /// Lists a shard.
    /// - Parameters:
    ///   - path: A plain tar; a compressed one ends in a failure that says what to do.
    ///   - cancellation: Ends the listing early, with a failure.
    public init(path: String, cancellation: Cancellation? = nil) {
        let file: OpenFile
        let status: FileStamp
        do throws(StoreError) {
            file = try OpenFile(path)
            status = try file.stamp()
        } catch {
            (members, failure, byteCount, stamp, end) = (TarMembers(), error, 0, nil, nil)
            return
        }
        let size = status.byteCount
        byteCount = size
        stamp = status
        if let compressed = Self.compression(of: file) {
            (members, failure, end) = (TarMembers(), compressed, nil)
            return
        }
        if let head = try? file.bytes(at: 0, count: 64), GitLFSPointer.isBegun(by: head) {
            let error = StoreError(.notATar, file: path, reason: GitLFSPointer.reason)
            (members, failure, end) = (TarMembers(), error, nil)
            return
        }
        file.expectsRandomReads()
        var walk = ShardWalk(file, size: size, cancellation)
        switch walk.run() {
        case .complete:
            (members, end, ending) = (walk.members, walk.end, walk.ending)
            failure = walk.ending.failure(path)
            warnings = walk.ending.warnings(path, walk.end)
        case .failed(let error):
            (members, failure, end) = (walk.members, error, nil)
        case .unknown:
            let listing = LibarchiveListing.members(of: path)
            (members, end) = (listing.members, nil)
            let cut = listing.members.lazy.compactMap { Self.cut($0, path, size) }.first
            let gaps = cut == nil ? TarGaps(listing.members, file, size) : TarGaps()
            (ending, warnings) = (gaps.ending, gaps.ending.warnings(path, gaps.end))
            failure = cut ?? listing.failure?.counting(lostOf: size) ?? gaps.ending.failure(path)
        }
    }

    /// Lists a shard that lies elsewhere and is read by ranges, a few hundred kilobytes at a time.
    /// - Parameters:
    ///   - name: The shard as messages name it.
    ///   - byteCount: Its length.
    ///   - cancellation: Ends the listing early, with a failure.
    ///   - read: Gives the bytes of a range; fewer only where the shard ends. What it throws becomes
    ///     the failure of the listing, after the members before it.
    ///
    /// What the quick path doesn't know (dialects that only libarchive reads) is a failure, too: pack
    /// such a shard again.
    public init(
        name: String, byteCount: UInt64, cancellation: Cancellation? = nil,
        reading read: @escaping (_ range: Range<UInt64>) throws(StoreError) -> [UInt8]
    ) {
        self.byteCount = byteCount
        stamp = nil
        let source = RangeSource(name, byteCount: byteCount, read)
        var walk = ShardWalk(source, size: byteCount, cancellation)
        let outcome = walk.run()
        ending = walk.ending
        warnings = walk.ending.warnings(name, walk.end)
        switch outcome {
        case .complete:
            (members, failure, end) = (walk.members, walk.ending.failure(name), walk.end)
        case .failed(let error): (members, failure, end) = (walk.members, error, nil)
        case .unknown:
            let reason = "a member that can't be listed by ranges; pack the shard again"
            let error = StoreError(
                .notATar, file: name, byteOffset: walk.members.last?.offset, reason: reason)
            (members, failure, end) = (walk.members, error, nil)
        }
    }

    /// Zeros between members and what is lost among them: a reader that leaves them out finds one
    /// header after the other.
    var gaps: [Range<UInt64>] {
        var gaps: [Range<UInt64>] = []
        for start in ending.starts {
            let number = members.rows.partitionPoint { $0.offset > start }
            let end = number == 0 ? 0 : members.rows[number - 1].end
            if end < start { gaps.append(end..<start) }
        }
        return gaps + ending.losses.filter { $0.kind == .trailing }.map(\.range)
    }

    /// What the quick path says of a member that the shard is too short for.
    private static func cut(_ member: TarMember, _ path: String, _ size: UInt64) -> StoreError? {
        let left = size > member.offset ? size - member.offset : 0
        guard member.kind == .file, member.size > left else { return nil }
        return .truncated(
            file: path, member: String(decoding: member.name, as: UTF8.self), at: member.offset,
            promised: member.size, left: left)
    }

    private static func compression(of file: OpenFile) -> StoreError? {
        guard let head = try? file.bytes(at: 0, count: 6) else { return nil }
        let formats: [(magic: [UInt8], suffix: String, tool: String)] = [
            ([0x1F, 0x8B], "gz", "gzip -d"), ([0x28, 0xB5, 0x2F, 0xFD], "zst", "zstd -d --rm"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz", "xz -d"),
            ([0x42, 0x5A, 0x68], "bz2", "bzip2 -d"),
        ]
        for (magic, suffix, tool) in formats where head.starts(with: magic) {
            // These programs refuse files that don't have their suffix.
            let advice =
                file.path.endsExactly(with: suffix)
                ? "run `\(tool)` on it" : "add .\(suffix) to its name and run `\(tool)` on it"
            return StoreError(
                .compressed, file: file.path,
                reason: "compressed, which has no random access; \(advice) first")
        }
        return nil
    }
}
