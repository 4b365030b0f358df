import RedCapsBase
import RedCapsTar

/// The files of a folder that is to be downsampled, folder by folder.
struct DownsamplingInput {
    /// A file, or a shard, its path relative to the input.
    struct File: Sendable {
        let path: String
        let size: UInt64
    }

    /// Folders relative to the input, itself first, those that hold others before these.
    private(set) var folders: [String] = []
    /// Bytes of the files that are to be worked on.
    var totalBytes: UInt64 { hasShards ? bytesWithShards : bytesWithoutShards }

    private let root: String
    private let share: Share
    private var hasShards = false
    private var bytesWithShards: UInt64 = 0
    private var bytesWithoutShards: UInt64 = 0

    /// Looks all files up.
    /// - Parameter share: Of the shards, or of the files if there are none, every n-th is taken.
    init(_ root: String, _ share: Share) throws(StoreError) {
        self.root = root
        self.share = share
        var (files, shards) = (0, 0)
        try read("", depth: 0, &files, &shards)
        guard files > 0 else {
            throw StoreError(.missing, file: root, reason: "there are no files to be downsampled")
        }
        hasShards = shards > 0
    }

    private mutating func read(
        _ folder: String, depth: Int, _ files: inout Int, _ shards: inout Int
    ) throws(StoreError) {
        guard depth < 64 else {
            throw StoreError(
                .invalid, file: root + "/" + folder,
                reason: "64 folders deep; do links lead in a circle?")
        }
        folders.append(folder)
        var inner: [String] = []
        for (path, isFolder) in try contents(folder) {
            guard !isFolder else {
                inner.append(path)
                continue
            }
            guard !ShardName.isCompressed(path) else {
                throw StoreError(
                    .compressed, file: root + "/" + path,
                    reason:
                        "compressed shards can't be downsampled; `redcaps pack` makes plain ones")
            }
            let size = FileStamp(of: root + "/" + path)?.byteCount ?? 0
            let isShard = ShardName.isPlain(path)
            if share.contains(isShard ? shards : 0) { bytesWithShards += size }
            if share.contains(files) { bytesWithoutShards += size }
            files += 1
            if isShard { shards += 1 }
        }
        for folder in inner { try read(folder, depth: depth + 1, &files, &shards) }
    }

    /// What begins with a dot is passed over.
    private func contents(
        _ folder: String
    ) throws(StoreError) -> [(path: String, isFolder: Bool)] {
        try FolderListing.entries(folder.isEmpty ? root : root + "/" + folder)
            .filter { !$0.name.hasPrefix(".") }
            .map { (folder.isEmpty ? $0.name : folder + "/" + $0.name, $0.isFolder) }
    }

    /// The files and shards of a folder that are to be worked on.
    /// - Parameter number: How many shards, or files, were met before.
    func files(in folder: String, after number: inout Int) throws(StoreError) -> [File] {
        var files: [File] = []
        for (path, isFolder) in try contents(folder) where !isFolder {
            // What lies beside shards goes with the first share.
            let counts = !hasShards || ShardName.isPlain(path)
            if share.contains(counts ? number : 0) {
                files.append(
                    File(path: path, size: FileStamp(of: root + "/" + path)?.byteCount ?? 0))
            }
            if counts { number += 1 }
        }
        return files
    }
}
