public import RedCapsBase

/// An unpacked tree. Symbolic links in it are the owner's and are followed: the cache of the
/// Hugging Face Hub is made of them.
public struct FolderStore: FileStore {
    /// The folder that paths are relative to.
    public let root: String

    /// Names a folder; it isn't touched before a file is read.
    public init(_ root: String) {
        self.root = root
    }

    /// Looks a file up on the disk.
    public func locate(_ path: String) throws(StoreError) -> FileLocation {
        let checked = try MemberPath(checking: path, in: root)
        guard contains(checked) else {
            let isThere = Disk.exists(root + "/" + checked.description)
            throw StoreError(
                isThere ? .notAFile : .missing, file: root, member: path,
                reason: isThere ? "not a regular file" : "no such file")
        }
        return FileLocation(key: checked.description)
    }

    /// Reads a file, following links that the owner of the folder placed.
    public func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        guard let path = location.key else { throw .foreign(location, to: root) }
        let file = try OpenFile(root + "/" + path)
        let size = try file.size()
        guard size <= maximumFileSize else {
            throw StoreError(
                .tooLarge, file: file.path, reason: "\(size) bytes, more than \(maximumFileSize)")
        }
        let capacity = Int(size)
        unsafe try buffer.fill(capacity) { target throws(StoreError) in
            let count = unsafe try file.read(at: 0, into: target)
            guard count == capacity else {
                throw StoreError(
                    .truncated, file: file.path, byteOffset: UInt64(count),
                    reason: "truncated while it was read, from \(capacity) bytes to \(count)")
            }
            return count
        }
    }

    /// The file's path with that of the folder.
    public func describe(_ location: FileLocation, of path: String) -> String {
        root + "/" + (location.key ?? path)
    }

    /// The names of the files right in the folder, sorted by their bytes.
    /// - Throws: `StoreError` if it can't be listed.
    public func fileNames() throws(StoreError) -> [String] {
        try FolderListing.fileNames(root)
    }

    /// Whether a path is there, as a file or through links as one.
    func contains(_ path: MemberPath) -> Bool {
        Disk.isFile(root + "/" + path.description)
    }
}
