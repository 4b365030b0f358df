#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The folder that shards are written to: held by one run at a time, and free of what isn't theirs.
package final class PackingFolder: Sendable {
    let path: String
    private let descriptor: CInt

    /// Makes the folder if need be, and holds it until the last reference goes.
    /// - Throws: `occupied` if another run holds it for longer than it takes to cancel one.
    init(_ path: String) throws(StoreError) {
        try Disk.makeFolder(path)
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path, "open the folder") }
        self.path = path
        self.descriptor = descriptor
        for attempt in 0... {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { break }
            // Some file systems have no locks.
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
            guard attempt < 20 else {
                throw StoreError(.occupied, file: path, reason: "another run is packing into it")
            }
            usleep(100_000)
        }
    }

    deinit { close(descriptor) }

    /// The name under which a file is written until it is whole.
    func temporary(_ name: String) -> String { "\(path)/.\(name).part" }

    /// Where the plain form of a compressed input lies during the run.
    func decompressed(_ number: Int) -> String { temporary("input-\(number).tar") }

    /// Removes what a killed run has left.
    func removeLeftovers() throws(StoreError) {
        for name in try FolderStore(path).fileNames()
        where name.hasPrefix(".")
            && (name.hasSuffix(".tar.part") || name.hasSuffix(".tar.part.part"))
        {
            let leftover = "\(path)/\(name)"
            guard unsafe unlink(leftover) == 0 else { throw .system(leftover, "remove") }
        }
    }

    /// Makes sure that the folder will hold the plan's shards and no other.
    /// - Throws: `occupied` with the names of those that don't belong.
    func check(_ plan: ShardPlan, inputs: [String], list: String) throws(StoreError) {
        let planned = Set(plan.shards.map(\.name))
        let strangers = try FolderStore(path).fileNames().filter {
            Self.isTar($0) && !planned.contains($0)
        }
        if let first = strangers.first {
            let others = strangers.count > 1 ? " and \(strangers.count - 1) more" : ""
            throw StoreError(
                .occupied, file: path,
                reason: "holds \(first)\(others), which isn't among the \(planned.count) shards to "
                    + "be written; move it away or choose another folder")
        }
        let (listFolder, listName) = FolderStore.containing(Self.resolved(list))
        if Self.isTar(listName), listFolder.root == Self.resolved(path) {
            throw StoreError(
                .occupied, file: list, reason: "the list of samples can't have a shard's name")
        }
        let sources = Set(inputs.compactMap(Self.identity))
        if let there = Self.identity(list), sources.contains(there) {
            throw StoreError(
                .occupied, file: list,
                reason: "is to be packed itself and would be replaced by the list of samples")
        }
        for shard in plan.shards {
            guard let there = Self.identity("\(path)/\(shard.name)") else { continue }
            if sources.contains(there) {
                throw StoreError(
                    .occupied, file: "\(path)/\(shard.name)",
                    reason: "is to be packed itself and would be replaced; choose another folder")
            }
        }
    }

    private static func isTar(_ name: String) -> Bool {
        !name.hasPrefix(".")
            && [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2"]
                .contains { name.lowercased().hasSuffix($0) }
    }

    private struct Identity: Hashable {
        let device: UInt64
        let number: UInt64
    }

    private static func identity(_ path: String) -> Identity? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Identity(
            device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(status.st_ino))
    }

    /// Whether a path, which needn't be there yet, lies in a folder or is it.
    package static func isInside(_ path: String, _ folder: String) -> Bool {
        let (inner, outer) = (Array(resolved(path).utf8), Array(resolved(folder).utf8))
        return inner == outer
            || inner.starts(with: outer == [UInt8(ascii: "/")] ? outer : outer + "/".utf8)
    }

    /// A path without links; what isn't there yet stays as it is.
    private static func resolved(_ path: String) -> String {
        if let real = unsafe realpath(path, nil) {
            defer { unsafe free(real) }
            return unsafe String(cString: real)
        }
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        let (parent, name) = FolderStore.containing(String(trimmed))
        guard parent.root != path, !name.isEmpty else { return path }
        let above = resolved(parent.root)
        return above == "/" ? "/\(name)" : "\(above)/\(name)"
    }
}
