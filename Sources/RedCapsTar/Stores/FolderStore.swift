#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// An unpacked tree. Symbolic links in it are the owner's and are followed: the cache of the
/// Hugging Face Hub is made of them.
public struct FolderStore: FileStore {
    /// The folder that paths are relative to.
    public let root: String

    /// Names a folder; it isn't touched before a file is read.
    public init(_ root: String) {
        self.root = root
    }

    /// The folder that a file lies in, and the file's name there.
    package static func containing(_ path: String) -> (store: FolderStore, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return (FolderStore("."), path)
        }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        return (FolderStore(folder), String(path[path.utf8.index(after: slash)...]))
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
        try folderContents(root).filter { !$0.isFolder }.map(\.name)
    }

    /// Whether a path is there, as a file or through links as one.
    func contains(_ path: MemberPath) -> Bool {
        var status = stat()
        return unsafe stat(root + "/" + path.description, &status) == 0
            && status.st_mode & S_IFMT == S_IFREG
    }
}

/// The names in a folder, sorted by their bytes, without `.` and `..`.
package func folderContents(_ path: String) throws(StoreError) -> [(name: String, isFolder: Bool)] {
    guard let folder = unsafe opendir(path) else { throw .system(path, "open the folder") }
    defer { unsafe _ = closedir(folder) }
    var names: [(name: String, isFolder: Bool)] = []
    while true {
        errno = 0
        guard let entry = unsafe readdir(folder) else { break }
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
            unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 1) {
                unsafe String(cString: $0)
            }
        }
        guard name != ".", name != ".." else { continue }
        switch unsafe CInt(entry.pointee.d_type) {
        case CInt(DT_DIR): names.append((name, true))
        case CInt(DT_REG): names.append((name, false))
        default:
            // A link, or a file system that doesn't say.
            var status = stat()
            let isFolder =
                unsafe stat(path + "/" + name, &status) == 0
                && status.st_mode & S_IFMT == S_IFDIR
            names.append((name, isFolder))
        }
    }
    guard errno == 0 else { throw .system(path, "list the folder") }
    return names.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
}
