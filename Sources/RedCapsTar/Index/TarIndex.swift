/// The members of all shards in a folder, found by path without reading the tars again.
///
/// Both layouts in the wild resolve: shards that are unpacked in place (`00000.tar` holds
/// `00000/x.jpg`) and shards that are unpacked into a folder of their name (`data_000123.tar` holds
/// `x.jpg`, listed as `data_000123/x.jpg`).
public struct TarIndex: Sendable {
    /// One tar of the folder.
    public struct Shard: Sendable {
        /// The file, as a path that can be opened.
        public let path: String
        /// How many members it has, of all kinds.
        public let memberCount: Int
        /// Its length in bytes.
        public let byteCount: UInt64
        /// Why it couldn't be listed to its end, if it couldn't.
        public let failure: StoreError?
        /// Members that are never served because their path is absolute or has `..`.
        public let unsafeMembers: Int
    }

    /// A member that can be served.
    public struct Entry: Sendable {
        /// The path within its shard, in one spelling.
        public let path: MemberPath
        /// The number of its shard in `shards`.
        public let shard: Int
        /// Where its bytes begin.
        public let offset: UInt64
        /// How many bytes it has.
        public let size: UInt64
    }

    /// The shards, sorted by name.
    public let shards: [Shard]
    /// Members that another of the same path, later in the order of shards, replaces.
    public var duplicateCount: Int { table.records.count - table.pathCount }
    /// Members of all kinds in all shards.
    public var memberCount: Int { shards.reduce(0) { $0 + $1.memberCount } }

    private let table: MemberTable
    private let shardOfStem: [[UInt8]: UInt32]

    /// Indexes all files named `*.tar` in a folder, and notes compressed ones as failed shards.
    ///
    /// A shard that is damaged or can't be read doesn't stop the others: see `Shard.failure`.
    /// - Throws: `StoreError` if the folder itself can't be listed.
    public init(folder: String) throws(StoreError) {
        let names = try folderContents(folder).filter { !$0.isFolder }.map(\.name)
        self.init(shards: names.filter(Self.isShard).map { folder + "/" + $0 })
    }

    /// Indexes the given tars, in the given order.
    public init(shards paths: [String]) {
        var shards: [Shard] = []
        var table = MemberTable()
        var stems: [[UInt8]: UInt32] = [:]
        for (number, path) in paths.enumerated() {
            let listing = ShardListing(path: path)
            var unsafeMembers = 0
            for member in listing.members {
                guard let memberPath = MemberPath(bytes: member.name) else {
                    // The archive's root, `./`, is no member that anyone would ask for.
                    if member.kind != .directory { unsafeMembers += 1 }
                    continue
                }
                table.add(memberPath, member, shard: UInt32(number))
            }
            stems[Self.stem(path)] = UInt32(number)
            shards.append(
                Shard(
                    path: path, memberCount: listing.members.count, byteCount: listing.byteCount,
                    failure: listing.failure, unsafeMembers: unsafeMembers))
        }
        self.shards = shards
        self.table = table
        shardOfStem = stems
    }

    /// Whether a file's name is that of a tar, plain or compressed.
    static func isShard(_ name: String) -> Bool {
        !name.hasPrefix(".")
            && [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2"]
                .contains { name.hasSuffix($0) }
    }

    private static func stem(_ path: String) -> [UInt8] {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
        let hasSuffix = name.suffix(4).elementsEqual(".tar".utf8)
        return Array(hasSuffix ? name.dropLast(4) : name)
    }

    /// Finds the member for a path of the data set.
    /// - Throws: `missing`, or `notAFile` for links, directories, devices and sparse members.
    public func find(_ path: MemberPath) throws(StoreError) -> Entry {
        guard let record = record(for: path) else { throw missing(path) }
        let shard = shards[Int(record.shard)]
        guard record.kind == .file else {
            throw StoreError(
                .notAFile, file: shard.path, member: path.description, byteOffset: record.offset,
                reason: Self.refusal(of: record.kind))
        }
        return entry(record)
    }

    /// The path of the member of a shard whose bytes begin at an offset.
    func path(shard: UInt32, offset: UInt64) -> MemberPath? {
        table.path(shard: shard, offset: offset)
    }

    /// Every member that can be served, in no particular order.
    public func forEachServed<Failure: Error>(
        _ body: (Entry) throws(Failure) -> Void
    ) throws(Failure) {
        var failure: Failure?
        table.forEachCurrent { record in
            guard record.kind == .file, failure == nil else { return }
            do throws(Failure) { try body(entry(record)) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func entry(_ record: MemberTable.Record) -> Entry {
        Entry(
            path: table.path(of: record), shard: Int(record.shard), offset: record.offset,
            size: record.size)
    }

    private func record(for path: MemberPath) -> MemberTable.Record? {
        let inPlace = table.find(path)
        if let inPlace, inPlace.kind != .directory { return inPlace }
        let (head, tail) = path.split
        if let tail, let shard = shardOfStem[Array(head)],
            let inside = table.find(tail, inShard: shard)
        {
            return inside
        }
        return inPlace
    }

    private func missing(_ path: MemberPath) -> StoreError {
        var reason = "in none of \(shards.count) shards"
        let damaged = shards.filter { $0.failure != nil }
        if let first = damaged.first?.failure {
            reason += "; \(damaged.count) of them couldn't be read whole: \(first)"
        }
        return StoreError(.missing, file: "shards", member: path.description, reason: reason)
    }

    private static func refusal(of kind: TarMember.Kind) -> String {
        switch kind {
        case .symbolicLink, .hardLink: "a link inside a tar, which is never followed"
        case .directory: "a directory"
        case .sparse: "a sparse member, whose bytes don't lie in one range; pack it again"
        default: "a device, pipe or socket"
        }
    }
}
