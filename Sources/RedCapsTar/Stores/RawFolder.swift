/// A data set's folder as it was downloaded: tars, an unpacked tree, or both, in which case the
/// tree wins.
public struct RawFolder: FileStore {
    /// The shards' index, if the folder holds tars.
    public let index: TarIndex?
    private let store: any FileStore

    /// Looks at a folder and indexes the tars in it.
    /// - Throws: `StoreError` if the folder can't be listed. A damaged tar is no failure of the
    ///   folder: see `TarIndex.Shard.failure`.
    public init(_ folder: String) throws(StoreError) {
        let contents = try folderContents(folder)
        let shards = contents.filter { !$0.isFolder && TarIndex.isShard($0.name) }
        guard !shards.isEmpty else {
            index = nil
            store = FolderStore(folder)
            return
        }
        let index = TarIndex(shards: shards.map { folder + "/" + $0.name })
        self.index = index
        let tree = Set(contents.filter { !TarIndex.isShard($0.name) }.map { Array($0.name.utf8) })
        let tars = TarShardStore(index)
        store =
            tree.isEmpty
            ? tars : LayeredStore([UnpackedPart(store: FolderStore(folder), topLevel: tree), tars])
    }

    /// Finds a file: in the unpacked tree if it is there, else in a shard.
    public func locate(_ path: String) throws(StoreError) -> FileLocation {
        try store.locate(path)
    }

    /// Reads a file from where it was found.
    public func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        try store.read(location, into: &buffer)
    }
}

/// The unpacked part of a folder that also holds tars: unlike a tree alone, it must know at once
/// whether it has a file. The disk is only asked about paths whose first component is there.
private struct UnpackedPart: FileStore {
    let store: FolderStore
    let topLevel: Set<[UInt8]>

    func locate(_ path: String) throws(StoreError) -> FileLocation {
        let checked = try MemberPath(checking: path, in: store.root)
        guard topLevel.contains(Array(checked.split.head)), store.contains(checked) else {
            throw StoreError(.missing, file: store.root, member: path, reason: "not in the tree")
        }
        return try store.locate(path)
    }

    func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        try store.read(location, into: &buffer)
    }
}
