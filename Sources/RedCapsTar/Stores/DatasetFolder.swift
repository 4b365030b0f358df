public import RedCapsBase

/// A data set's folder as it was downloaded: tars, an unpacked tree, or both, in which case the
/// tree wins.
public struct DatasetFolder: FileStore {
    /// The shards' index, if the folder holds tars.
    public let index: TarIndex?
    private let tars: TarShardStore?
    private let tree: FolderStore
    /// The names right in the folder of what may be an unpacked tree beside tars.
    private let topLevel: Set<[UInt8]>

    /// Looks at a folder, and opens or builds the index of the tars in it.
    /// - Parameters:
    ///   - folder: The folder.
    ///   - rebuilds: Whether to read all shards again, whatever index is there.
    ///   - cancellation: Stops the building of an index within a second.
    ///   - progress: Told after each shard that an index is built of.
    /// - Throws: `StoreError` if the folder can't be listed. A damaged tar is no failure of the
    ///   folder: see `TarIndex.Shard.failure`.
    public init(
        _ folder: String, rebuilds: Bool = false, cancellation: Cancellation? = nil,
        progress: ((IndexProgress) -> Void)? = nil
    ) throws(StoreError) {
        let contents = try FolderListing.entries(folder)
        self.init(
            folder, contents,
            index: Self.hasShards(contents)
                ? try TarIndex(
                    folder: folder, rebuilds: rebuilds, cancellation: cancellation,
                    progress: progress)
                : nil)
    }

    /// Looks at a folder.
    /// - Returns: `nil` if there are tars in it whose index would have to be built, or compared with
    ///   them, first.
    package init?(built folder: String) throws(StoreError) {
        let contents = try FolderListing.entries(folder)
        let index = Self.hasShards(contents) ? try TarIndex(built: folder) : nil
        if index == nil, Self.hasShards(contents) { return nil }
        self.init(folder, contents, index: index)
    }

    private init(_ folder: String, _ contents: [FolderEntry], index: TarIndex?) {
        tree = FolderStore(folder)
        self.index = index
        tars = index.map(TarShardStore.init)
        topLevel = Set(
            contents.map(\.name).filter { !ShardName.isShard($0) && !HiddenName.isHidden($0.utf8) }
                .map { Array($0.utf8) })
    }

    private static func hasShards(_ contents: [FolderEntry]) -> Bool {
        contents.contains { !$0.isFolder && ShardName.isShard($0.name) }
    }

    /// Finds a file: in the unpacked tree if it is there, else in a shard.
    public func locate(_ path: String) throws(StoreError) -> FileLocation {
        let checked = try MemberPath(checking: path, in: tree.root)
        if isUnpacked(checked) { return looseLocation(checked) }
        guard let tars else { return try tree.locate(path) }
        return try tars.locate(path)
    }

    /// Reads a file from where it was found.
    public func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        if location.key != nil { return try tree.read(location, into: &buffer) }
        guard let tars else { throw .foreign(location, to: tree.root) }
        try tars.read(location, into: &buffer)
    }

    /// Says where a file was found.
    public func describe(_ location: FileLocation, of path: String) -> String {
        guard location.key == nil, let tars else { return tree.describe(location, of: path) }
        return tars.describe(location, of: path)
    }

    /// The shards of the tars; files of the unpacked tree lie in none. If there is a tree beside tars,
    /// one more without bytes stands for it, whose version is a hash of the names in the folder.
    public func shards() -> [StoreShard] {
        guard let tars else { return [] }
        guard mayBeUnpacked else { return tars.shards() }
        let names = String(treeIdentity(seed: 0), radix: 16)
        return tars.shards() + [StoreShard(name: "tree", byteCount: 0, version: .tag(names))]
    }

    /// Whether a file is in the unpacked tree. The disk is only asked about paths whose first
    /// component is there.
    func isUnpacked(_ path: MemberPath) -> Bool {
        topLevel.contains(Array(path.split.head)) && tree.contains(path)
    }

    /// Whether there is an unpacked tree that a path may be in.
    var mayBeUnpacked: Bool { !topLevel.isEmpty }

    /// The location of a file of the unpacked tree; the disk isn't asked.
    func looseLocation(_ path: MemberPath) -> FileLocation {
        FileLocation(key: path.description)
    }

    /// What a table of paths depends on: the members of the shards, and the names of the tree.
    var identity: UInt64 { treeIdentity(seed: index?.identity ?? 0) }

    private func treeIdentity(seed: UInt64) -> UInt64 {
        topLevel.sorted { $0.lexicographicallyPrecedes($1) }.reduce(seed) {
            XXH64.hash($1, seed: $0)
        }
    }
}
