#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

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
        let real = realPath(data) ?? data
        let hash = String(XXH64.hash(Array(real.utf8)), radix: 16)
        let name = real.split(separator: "/").last.map(String.init) ?? "root"
        return IndexPlace(folder: "\(root)/redcaps/\(name)-\(hash)")
    }

    private static var cacheDirectory: String? {
        if let folder = variable("XDG_CACHE_HOME") { return folder }
        #if canImport(Darwin)
        return variable("HOME").map { $0 + "/Library/Caches" }
        #else
        return variable("HOME").map { $0 + "/.cache" }
        #endif
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.hasPrefix("/") ? text : nil
    }

    /// The path of a file of the index.
    package func file(_ name: String) -> String { folder + "/" + name }

    /// Whether files can be made there; makes the folder if need be.
    package func makeReady() -> Bool {
        guard (try? Disk.makeFolder(folder)) != nil else { return false }
        // A file of that name is none, which the path with a slash tells.
        return unsafe access(folder + "/", W_OK | X_OK) == 0
    }

    /// A name for a file that isn't whole yet, which no other process and no other thread uses.
    package func temporary(for name: String) -> String {
        "\(folder)/\(name).\(getpid())-\(String(UInt64.random(in: 0...(.max)), radix: 36)).part"
    }

    /// Gives a file that is whole its final name, and makes sure that the name survives a crash.
    package func publish(_ temporary: String, as name: String) throws(StoreError) {
        guard unsafe rename(temporary, file(name)) == 0 else {
            throw .system(file(name), "rename the file to this name")
        }
        let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        // Some file systems can't sync a folder; the files themselves are safe.
        _ = fsync(descriptor)
        close(descriptor)
    }

    /// Removes what builders that died have left of a part. Only for whoever holds its lock.
    func removeLeftovers(of part: IndexLock.Part) {
        for (name, isFolder) in (try? folderContents(folder)) ?? []
        where !isFolder && name.hasSuffix(".part") {
            if name.hasPrefix("entries-") == (part == .entries) { unsafe _ = unlink(file(name)) }
        }
    }
}

/// The path without symbolic links, or `nil` if it leads nowhere.
package func realPath(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
}
