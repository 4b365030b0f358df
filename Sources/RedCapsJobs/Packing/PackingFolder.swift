import RedCapsTar
import RedCapsBase

/// The folder that shards are written to: held by one run at a time, and free of what isn't theirs.
package final class PackingFolder: Sendable {
    let path: String
    private let lock: FileLock
    /// What no other run has in the names of its files.
    private let run = "\(getpid())-\(String(UInt64.random(in: 0...(.max)), radix: 36))"

    /// Makes the folder if need be, and holds it until the last reference goes.
    /// - Throws: `occupied` if another run holds it for longer than it takes to cancel one.
    init(_ path: String) throws(StoreError) {
        try Disk.makeFolder(path)
        guard let lock = try FileLock.take(folder: path, within: 2000) else {
            throw StoreError(.occupied, file: path, reason: "another run is packing into it")
        }
        (self.path, self.lock) = (path, lock)
    }

    /// The name under which a file is written until it is whole.
    func temporary(_ name: String) -> String { FilePath.temporary(for: "\(path)/\(name)") }

    /// Where the plain form of a compressed input lies during the run: where the file system knows no
    /// locks, another may be packing into the folder.
    func decompressed(_ number: Int) -> String { "\(path)/.input-\(number).tar.\(run).part" }

    /// Removes what a killed run has left.
    /// - Parameter manifest: Where the list of samples goes.
    func removeLeftovers(manifest: String) throws(StoreError) {
        let manifestName = FilePath.split(manifest).name
        for name in try FolderListing.fileNames(path)
        where name.beginsExactly(with: ".") && name.endsExactly(with: FilePath.temporarySuffix)
            && (name.contains(".tar.") || name.beginsExactly(with: ".\(manifestName)."))
        {
            try Disk.remove("\(path)/\(name)")
        }
    }

    /// Makes sure that the folder will hold the plan's shards and no other.
    /// - Throws: `occupied` with the names of those that don't belong.
    func check(_ plan: ShardPlan, inputs: [String], manifest: String) throws(StoreError) {
        let planned = Set(plan.shards.map { ExactText($0.name) })
        let strangers = try FolderListing.fileNames(path).filter {
            ShardName.isShard($0) && !planned.contains(ExactText($0))
        }
        if let first = strangers.first {
            let others = strangers.count > 1 ? " and \(strangers.count - 1) more" : ""
            throw StoreError(
                .occupied, file: path,
                reason: "holds \(first)\(others), which isn't among the \(planned.count) shards to "
                    + "be written; move it away or choose another folder")
        }
        let (manifestFolder, manifestName) = FilePath.split(FilePath.resolved(manifest))
        if ShardName.isShard(manifestName), manifestFolder == FilePath.resolved(path) {
            throw StoreError(
                .occupied, file: manifest, reason: "the list of samples can't have a shard's name")
        }
        let sources = Set(inputs.compactMap(System.identity))
        if let there = System.identity(of: manifest), sources.contains(there) {
            throw StoreError(
                .occupied, file: manifest,
                reason: "is to be packed itself and would be replaced by the list of samples")
        }
        for shard in plan.shards {
            guard let there = System.identity(of: "\(path)/\(shard.name)") else { continue }
            if sources.contains(there) {
                throw StoreError(
                    .occupied, file: "\(path)/\(shard.name)",
                    reason: "is to be packed itself and would be replaced; choose another folder")
            }
        }
    }
}
