/// The little that is done to files and folders as a whole, without Foundation.
package enum Disk {
    /// Makes a folder and those above it; one that is there already is fine.
    package static func makeFolder(_ path: String) throws(StoreError) {
        var made = FilePath.isAbsolute(path) ? "/" : ""
        for component in path.pieces(at: "/") {
            made += made.isEmpty || made == "/" ? "\(component)" : "/\(component)"
            if unsafe mkdir(made, 0o777) != 0 && errno != EEXIST {
                throw .system(made, "make the folder")
            }
        }
    }

    /// Whether a file or folder is there.
    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether a folder is there, perhaps through links.
    package static func isFolder(_ path: String) -> Bool { kind(of: path) == S_IFDIR }

    /// Whether a regular file is there, perhaps through links.
    package static func isFile(_ path: String) -> Bool { kind(of: path) == S_IFREG }

    /// Where a symbolic link leads, as it says itself; `nil` for anything else.
    package static func target(ofLink path: String) -> String? {
        var target = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink(path, &target, target.count)
        guard count > 0 else { return nil }
        return String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The folder that relative paths are relative to.
    package static var workingFolder: String? { FilePath.real(".") }

    /// Whether files can be made in a folder.
    package static func canWrite(in folder: String) -> Bool {
        // A file of that name is none, which the path with a slash tells.
        unsafe access(folder + "/", W_OK | X_OK) == 0
    }

    static func kind(of path: String) -> mode_t? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// The length of a file in bytes, or `nil` if it isn't there.
    package static func size(of path: String) -> Int? {
        FileStamp(of: path).map { Int(clamping: $0.byteCount) }
    }

    /// Removes a file; fine if it isn't there.
    package static func remove(_ path: String) throws(StoreError) {
        if unsafe unlink(path) != 0 && errno != ENOENT { throw .system(path, "remove") }
    }

    /// Gives a file or a folder another name.
    package static func rename(_ path: String, to new: String) throws(StoreError) {
        guard System.rename(path, to: new) else { throw .system(path, "rename") }
    }

    /// Makes sure that a new name in a folder outlives a power cut.
    /// - Parameter path: What has the name.
    package static func syncFolder(of path: String) throws(StoreError) {
        let folder = FilePath.split(path).folder
        let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(folder, "open the folder") }
        defer { close(descriptor) }
        // Some file systems can't sync a folder, and say that this makes no sense.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .system(folder, "sync") }
    }

    /// Writes a file, replacing one that is there only when all bytes are on their way.
    package static func write(_ bytes: [UInt8], to path: String) throws(StoreError) {
        let file = try OutputFile(path)
        try file.append(bytes.span)
        try file.finish(syncing: false)
    }
}
