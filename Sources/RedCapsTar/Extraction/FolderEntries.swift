import RedCapsBase

/// An open folder whose entries are listed, moved and removed by their very bytes, which needn't be
/// UTF-8, and never through symbolic links.
final class FolderEntries {
    let descriptor: CInt
    private let path: String

    /// Opens a folder.
    init(_ path: String) throws(StoreError) {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path, "open the folder") }
    }

    private init(_ name: [CChar], in folder: FolderEntries) throws(StoreError) {
        path = folder.path
        descriptor = unsafe openat(
            folder.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path, "open the folder") }
    }

    deinit { close(descriptor) }

    private func failure(_ verb: String) -> StoreError { .system(path, verb) }

    /// The names in it, sorted by their bytes.
    private func names() throws(StoreError) -> [[CChar]] {
        // The stream takes its descriptor over, and its place in the folder.
        let copy = unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = unsafe fdopendir(copy) else {
            if copy >= 0 { close(copy) }
            throw failure("list the folder")
        }
        defer { unsafe _ = closedir(stream) }
        var names: [[CChar]] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
                }
            }
            if name != [46, 0] && name != [46, 46, 0] { names.append(name) }
        }
        guard errno == 0 else { throw failure("list the folder") }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// What an entry is; `nil` if it isn't there.
    private func kind(of name: [CChar]) throws(StoreError) -> FileStatus.Kind? {
        if let status = FileStatus(name, in: descriptor) { return status.kind }
        guard errno == ENOENT else { throw failure("look up a file") }
        return nil
    }

    /// The names of what isn't a folder, without the 0 at their ends.
    func fileNames() throws(StoreError) -> [[UInt8]] {
        var files: [[UInt8]] = []
        for name in try names() where try kind(of: name) != .folder {
            files.append(Self.bytes(name))
        }
        return files
    }

    /// Whether something is there that isn't a folder.
    func holdsFile(_ name: [UInt8]) throws(StoreError) -> Bool {
        let kind = try kind(of: name.map { CChar(bitPattern: $0) } + [0])
        return kind != nil && kind != .folder
    }

    /// Moves everything in it into another folder of the same file system: whole folders by one
    /// rename where there is none of that name, file by file where there is.
    /// - Parameters:
    ///   - inPlace: The names in the folders of the destination; `nil` if their form doesn't matter.
    ///   - replace: Told of a file whose place another takes.
    ///   - refuse: Told of what can't be moved because of what is there; that is removed.
    func moveAll(
        into target: FolderEntries, below prefix: String = "", _ inPlace: inout NamesInPlace?,
        replace: (_ path: String) -> Void,
        refuse: (_ path: String, _ reason: String) -> Void
    ) throws(StoreError) {
        try inPlace?.look(at: prefix) { () throws(StoreError) in
            try target.names().map(Self.bytes)
        }
        for name in try names() {
            guard let kind = try kind(of: name) else { continue }
            let path = prefix + String(decoding: Self.bytes(name), as: UTF8.self)
            let there = try target.kind(of: name)
            var reason: String?
            if there == nil {
                let isNew = inPlace?.add(Self.bytes(name), to: prefix) ?? true
                reason = isNew ? nil : NameGuard.differsInForm
            } else if there == .folder, kind != .folder {
                reason = "a folder is there where a file must be"
            } else if there != .folder, kind == .folder {
                reason = "a file or a link is there where a folder must be"
            }
            if let reason {
                refuse(path, reason)
                try remove(name, isFolder: kind == .folder)
            } else if there == .folder {
                let inner = try FolderEntries(name, in: self)
                try inner.moveAll(
                    into: FolderEntries(name, in: target), below: path + "/", &inPlace,
                    replace: replace, refuse: refuse)
                guard unsafe unlinkat(descriptor, name, AT_REMOVEDIR) == 0 else {
                    throw failure("remove a folder")
                }
            } else {
                if there != nil { replace(path) }
                guard unsafe renameat(descriptor, name, target.descriptor, name) == 0 else {
                    throw target.failure("move \(path) into place")
                }
            }
        }
    }

    private static func bytes(_ name: [CChar]) -> [UInt8] {
        name.dropLast().map { UInt8(bitPattern: $0) }
    }

    /// Removes a folder and all that is in it, without following links; fine if it isn't there.
    static func removeTree(_ path: String) throws(StoreError) {
        guard Disk.exists(path) else { return }
        try FolderEntries(path).removeAll()
        if unsafe rmdir(path) != 0 && errno != ENOENT { throw .system(path, "remove the folder") }
    }

    /// Removes everything in it.
    func removeAll() throws(StoreError) {
        for name in try names() {
            try remove(name, isFolder: try kind(of: name) == .folder)
        }
    }

    private func remove(_ name: [CChar], isFolder: Bool) throws(StoreError) {
        if isFolder {
            unsafe _ = fchmodat(descriptor, name, 0o700, 0)
            try FolderEntries(name, in: self).removeAll()
        }
        let status = unsafe unlinkat(descriptor, name, isFolder ? AT_REMOVEDIR : 0)
        guard status == 0 || errno == ENOENT else { throw failure("remove a file") }
    }
}
