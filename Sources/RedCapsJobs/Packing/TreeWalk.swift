import RedCapsBase

/// Hidden files, and folders of them, that aren't packed: how many, and one of them.
struct HiddenFiles: Sendable {
    private(set) var count = 0
    /// The first by the bytes of its path.
    private var path: [UInt8] = []

    var first: String? { count == 0 ? nil : String(decoding: path, as: UTF8.self) }

    mutating func add(_ path: [UInt8]) {
        if count == 0 || path.lexicographicallyPrecedes(self.path) { self.path = path }
        count += 1
    }
}

/// Finds the files of a tree. Links to files are followed, as in the cache of the Hugging Face Hub;
/// links to folders are not, so there are no loops.
struct TreeWalk {
    private let root: String
    private let table: FileTable
    private var pending: [[UInt8]] = [[]]
    /// Links to folders, which were passed over, and the first of them.
    private(set) var skippedLinks = 0
    private(set) var firstSkippedLink: String?
    /// Hidden files and folders, which were left out, and the first of them.
    private(set) var hidden = HiddenFiles()

    init(_ root: String, into table: FileTable) {
        self.root = root
        self.table = table
    }

    /// Walks the tree.
    mutating func run(
        _ meter: inout ListingMeter, _ observer: PackingObserver
    ) throws(StoreError) {
        while let folder = pending.popLast() { try read(folder, &meter, observer) }
    }

    private func path(_ relative: [UInt8]) -> String {
        relative.isEmpty ? root : root + "/" + String(decoding: relative, as: UTF8.self)
    }

    private mutating func read(
        _ folder: [UInt8], _ meter: inout ListingMeter, _ observer: PackingObserver
    ) throws(StoreError) {
        // In bytes: a name that isn't UTF-8 must be found again.
        let bytes = Array(root.utf8) + [UInt8(ascii: "/")] + folder + [0]
        let opened = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
                unsafe bytes.baseAddress.flatMap { unsafe opendir($0) }
            }
        }
        guard let opened = unsafe opened else { throw .system(path(folder), "open the folder") }
        defer { unsafe _ = closedir(opened) }
        while true {
            errno = 0
            guard let entry = unsafe readdir(opened) else { break }
            let type = unsafe CInt(entry.pointee.d_type)
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: UInt8.self, capacity: 1) {
                    unsafe Array(UnsafeBufferPointer(start: $0, count: strlen(tuple)))
                }
            }
            if Self.isSkipped(name) { continue }
            if HiddenName.isHidden(name) {
                hidden.add(folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name)
                continue
            }
            let relative = folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
            if type == CInt(DT_DIR) {
                pending.append(relative)
            } else {
                try take(relative, name, in: unsafe dirfd(opened))
                try meter.count(observer)
            }
        }
        if errno != 0 { throw .system(path(folder), "list the folder") }
    }

    /// The folder itself, the one above, and folders of state that this package may leave.
    static func isSkipped(_ name: some Collection<UInt8>) -> Bool {
        name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8)
            || name.elementsEqual(".redcaps".utf8)
    }

    private mutating func take(
        _ relative: [UInt8], _ name: [UInt8], in folder: CInt
    ) throws(StoreError) {
        guard var status = Self.status(name, in: folder, following: false) else {
            throw .system(path(relative), "stat")
        }
        let isLink = status.st_mode & S_IFMT == S_IFLNK
        if isLink {
            guard let target = Self.status(name, in: folder, following: true) else {
                let cause = StoreError.system(path(relative), "follow the link")
                throw StoreError(
                    cause.code, file: cause.file, reason: "a broken link, \(cause.reason)")
            }
            status = target
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            try table.append(relative, size: UInt64(clamping: status.st_size))
        case S_IFDIR where isLink:
            skippedLinks += 1
            if firstSkippedLink == nil { firstSkippedLink = path(relative) }
        case S_IFDIR:
            pending.append(relative)
        default:
            throw StoreError(
                .notAFile, file: path(relative),
                reason: "neither a file nor a folder, but a device, pipe or socket")
        }
    }

    private static func status(_ name: [UInt8], in folder: CInt, following: Bool) -> stat? {
        var status = stat()
        let result = unsafe (name + [0]).withUnsafeBufferPointer { name in
            unsafe name.withMemoryRebound(to: CChar.self) { name in
                unsafe name.baseAddress.map {
                    unsafe fstatat(folder, $0, &status, following ? 0 : AT_SYMLINK_NOFOLLOW)
                }
            }
        }
        return result == 0 ? status : nil
    }
}
