package import RedCapsBase

/// A folder for the files of an index: `.redcaps` beside the data or, where that can't be written,
/// one in the user's cache directory.
package struct IndexPlace: Sendable {
    package let folder: String

    /// Where the index of a folder may lie, the best place first.
    package static func candidates(for data: String) -> [IndexPlace] {
        [IndexPlace(folder: data + "/.redcaps")] + [cache(for: data)].compactMap { $0 }
    }

    private static func cache(for data: String) -> IndexPlace? {
        guard let root = cacheDirectory else { return nil }
        let real = FilePath.real(data) ?? data
        let hash = String(XXH64.hash(Array(real.utf8)), radix: 16)
        let last = FilePath.name(of: real)
        let name = last.isEmpty ? "root" : last
        return IndexPlace(folder: "\(root)/redcaps/\(name)-\(hash)")
    }

    private static var cacheDirectory: String? {
        if let folder = absolute("XDG_CACHE_HOME") { return folder }
        #if canImport(Darwin)
        return absolute("HOME").map { $0 + "/Library/Caches" }
        #else
        return absolute("HOME").map { $0 + "/.cache" }
        #endif
    }

    private static func absolute(_ variable: String) -> String? {
        System.variable(variable).flatMap { FilePath.isAbsolute($0) ? $0 : nil }
    }

    /// The path of a file of the index.
    package func file(_ name: String) -> String { folder + "/" + name }

    /// Whether files can be made there; makes the folder if need be.
    package func makeReady() -> Bool {
        (try? Disk.makeFolder(folder)) != nil && Disk.canWrite(in: folder)
    }

    /// A name for a file that isn't whole yet, which no other process and no other thread uses.
    package func temporary(for name: String) -> String { FilePath.temporary(for: file(name)) }

    /// Gives a file that is whole its final name, and makes sure that the name survives a crash.
    package func publish(_ temporary: String, as name: String) throws(StoreError) {
        guard System.rename(temporary, to: file(name)) else {
            throw .system(file(name), "rename the file to this name")
        }
        let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        // Some file systems can't sync a folder; the files themselves are safe.
        _ = fsync(descriptor)
        close(descriptor)
    }

    /// What is built under a lock of its own. Who joins a list with members may have to repair
    /// these meanwhile, never the other way round.
    enum Part: String {
        /// The members and shards.
        case members = "lock"
        /// The tables of entries.
        case entries = "entries.lock"
    }

    /// Waits for the lock of a part.
    /// - Returns: `nil` where the file system knows no locks: then everybody builds on their own,
    ///   under names of their own.
    func waitForLock(
        of part: Part, _ cancellation: Cancellation?
    ) throws(StoreError) -> FileLock? {
        try FileLock.wait(for: file(part.rawValue), cancellation)
    }

    /// Removes what builders that died have left of a part. Only for whoever holds its lock.
    func removeLeftovers(of part: Part) {
        for name in (try? FolderListing.fileNames(folder)) ?? []
        where name.endsExactly(with: FilePath.temporarySuffix) {
            // Older versions left names without a dot before them.
            let isEntries = name.hasPrefix("entries-") || name.hasPrefix(".entries-")
            if isEntries == (part == .entries) { try? Disk.remove(file(name)) }
        }
    }
}
