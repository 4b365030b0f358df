import RedCapsBase

/// Makes files, folders and links below a folder, never through a symbolic link; one for each
/// thread. What can't be made because of the archive is `Refused`; what the system can't do is a
/// `StoreError`.
final class StagingFolder {
    private let root: CInt
    private let path: String
    /// The bits that the process takes from every mode, if tar wouldn't take them: the superuser's
    /// tar keeps modes as they are.
    private let maskToUndo: mode_t
    /// The bits of a mode that folders may have.
    private let folderModes: mode_t
    /// The folder that was used last.
    private var parent: (path: ArraySlice<UInt8>, descriptor: CInt)?

    /// Opens a folder, or makes it.
    init(_ path: String) throws(StoreError) {
        self.path = path
        if unsafe mkdir(path, 0o777) != 0, errno != EEXIST {
            throw .system(path, "make the folder")
        }
        root = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw .system(path, "open the folder") }
        let allowed = (FileStatus(root)?.mode ?? 0o755) & 0o755
        maskToUndo = geteuid() == 0 ? ~allowed & 0o755 : 0
        folderModes = geteuid() == 0 ? 0o755 : allowed
    }

    deinit {
        closeParent()
        close(root)
    }

    // MARK: Places

    private struct Place {
        let folder: CInt
        let name: [CChar]
    }

    private func closeParent() {
        if let parent { close(parent.descriptor) }
        parent = nil
    }

    /// The folder that a path lies in, which is made if need be, and the path's last component.
    private func place(of path: MemberPath) throws -> Place {
        let bytes = path.bytes[...]
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
            return Place(folder: root, name: Self.cString(bytes))
        }
        let folder = bytes[..<slash]
        let name = Self.cString(bytes[(slash + 1)...])
        if let parent, parent.path == folder {
            return Place(folder: parent.descriptor, name: name)
        }
        closeParent()
        var descriptor = root
        for component in folder.split(separator: UInt8(ascii: "/")) {
            let next = Result { try openFolder(component, in: descriptor) }
            if descriptor != root { close(descriptor) }
            descriptor = try next.get()
        }
        parent = (folder, descriptor)
        return Place(folder: descriptor, name: name)
    }

    private func openFolder(_ component: ArraySlice<UInt8>, in folder: CInt) throws -> CInt {
        let name = Self.cString(component)
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var descriptor = unsafe openat(folder, name, flags)
        if descriptor < 0, errno == ENOENT {
            // Another thread may make it at the same time.
            unsafe _ = mkdirat(folder, name, 0o755)
            descriptor = unsafe openat(folder, name, flags)
        }
        if descriptor >= 0 { return descriptor }
        guard errno != ENOTDIR, errno != ELOOP else {
            throw Refused(
                "\"\(String(decoding: component, as: UTF8.self))\" is no folder, as it must be here"
            )
        }
        throw failure("make a folder")
    }

    private static func cString(_ bytes: ArraySlice<UInt8>) -> [CChar] {
        bytes.map { CChar(bitPattern: $0) } + [0]
    }

    /// What the system has said last.
    func failure(_ verb: String) -> StoreError { .system(path, verb) }

    // MARK: Files

    /// Begins a file.
    /// - Parameter replaces: Whether one that is there must go even if it looks the same.
    /// - Returns: Its descriptor, or `nil` if it is there already with that size and time, which is
    ///   set last: an earlier run has written it.
    func makeFile(
        _ path: MemberPath, mode: mode_t, size: UInt64, time: FileTime, replaces: Bool
    ) throws -> CInt? {
        let place = try place(of: path)
        let safe = mode & 0o755
        for isSecond in [false, true] {
            let descriptor = unsafe openat(
                place.folder, place.name,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, safe)
            if descriptor >= 0 {
                if maskToUndo & safe != 0 { fchmod(descriptor, safe) }
                return descriptor
            }
            guard errno == EEXIST, !isSecond else { break }
            guard let status = FileStatus(place.name, in: place.folder) else { break }
            if !replaces, status.kind == .file, status.byteCount == size, status.time == time {
                return nil
            }
            try remove(place, isFolder: status.kind == .folder)
        }
        throw failure("make a file")
    }

    /// Writes bytes at an offset of a file.
    func write(
        _ bytes: UnsafeRawBufferPointer, to file: CInt, at offset: UInt64
    ) throws(StoreError) {
        guard unsafe System.write(bytes, to: file, at: offset) else { throw failure("write") }
    }

    /// Ends a file: sets its size if it ends with a hole, its time, and closes it.
    func finish(_ file: CInt, time: FileTime, size: UInt64? = nil) throws(StoreError) {
        defer { close(file) }
        if let size, ftruncate(file, off_t(size)) != 0 { throw failure("write") }
        guard unsafe futimens(file, time.times) == 0 else { throw failure("set a time") }
    }

    /// Ends and removes a file that can't be finished.
    func discard(_ file: CInt, at path: MemberPath) {
        close(file)
        guard let place = try? place(of: path) else { return }
        unsafe _ = unlinkat(place.folder, place.name, 0)
    }

    private func remove(_ place: Place, isFolder: Bool) throws {
        guard !isFolder else { throw Refused("a folder is there where a file must be") }
        guard unsafe unlinkat(place.folder, place.name, 0) == 0 else {
            throw failure("replace a file")
        }
    }

    // MARK: Folders and links

    /// Makes a folder. Its mode and its time are set when all is in it.
    func makeFolder(_ path: MemberPath) throws {
        let place = try place(of: path)
        if unsafe mkdirat(place.folder, place.name, 0o755) == 0 { return }
        guard errno == EEXIST, let status = FileStatus(place.name, in: place.folder) else {
            throw failure("make a folder")
        }
        guard status.kind == .folder else {
            throw Refused("a file is there where a folder must be")
        }
    }

    /// Gives a folder its mode and its time.
    func finishFolder(_ path: MemberPath, mode: mode_t, time: FileTime) throws {
        let place = try place(of: path)
        unsafe _ = fchmodat(place.folder, place.name, mode & folderModes, 0)
        guard unsafe utimensat(place.folder, place.name, time.times, AT_SYMLINK_NOFOLLOW) == 0
        else {
            throw failure("set a time")
        }
        // The folder that was used last may be the one that can't be written any more.
        closeParent()
    }

    /// Makes a symbolic link.
    func makeLink(_ path: MemberPath, to target: [UInt8], time: FileTime) throws {
        let place = try place(of: path)
        let target = Self.cString(target[...])
        for isSecond in [false, true] {
            if unsafe symlinkat(target, place.folder, place.name) == 0 {
                unsafe _ = utimensat(place.folder, place.name, time.times, AT_SYMLINK_NOFOLLOW)
                return
            }
            guard errno == EEXIST, !isSecond else { break }
            try removeFile(place)
        }
        throw failure("make a link")
    }

    /// Makes a hard link to a file that is there already.
    func makeHardLink(_ path: MemberPath, to target: MemberPath) throws {
        let place = try place(of: path)
        // From here on the parent may be another one.
        let folder = dup(place.folder)
        defer { close(folder) }
        closeParent()
        let source = try self.place(of: target)
        for isSecond in [false, true] {
            if unsafe linkat(source.folder, source.name, folder, place.name, 0) == 0 { return }
            if errno == ENOENT { throw Refused("the file that it is a link to isn't in the shard") }
            if errno == EPERM { throw Refused("a hard link to what isn't a file") }
            guard errno == EEXIST, !isSecond else { break }
            try removeFile(Place(folder: folder, name: place.name))
        }
        throw failure("make a link")
    }

    private func removeFile(_ place: Place) throws {
        guard let status = FileStatus(place.name, in: place.folder) else {
            throw failure("replace a file")
        }
        try remove(place, isFolder: status.kind == .folder)
    }
}

/// Why a member isn't unpacked.
struct Refused: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
