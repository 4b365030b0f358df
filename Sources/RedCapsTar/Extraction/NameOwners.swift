import RedCapsBase

/// Which shards the files right in a destination are of, as far as runs have noted it. It is looked up
/// when a shard is about to replace such files only.
final class NameOwners: Sendable {
    private let state: ExtractionState
    private let known = ConditionLock(Known())

    private struct Known {
        var shards: Set<[UInt8]> = []
        /// For each name, by its hash, the shard whose file it is.
        var names: [UInt64: String] = [:]
    }

    /// What stands in a shard's way.
    struct Owner {
        /// A shard that has a file of the same name.
        let shard: String
        /// The name of the first such file, and how many there are.
        let name: String
        let count: Int

        func refusal(of tar: String) -> StoreError {
            let others = count == 1 ? "" : ", as have \(count - 1) more of its files"
            return StoreError(
                .occupied, file: tar, member: name,
                reason: "has the name of a file of \(shard)\(others); nothing of this shard is "
                    + "unpacked: give each shard a folder of its own (--layout per-shard)")
        }
    }

    init(_ state: ExtractionState) { self.state = state }

    /// The shard whose files would be replaced by those of another.
    /// - Parameters:
    ///   - entries: What is to be moved.
    ///   - shard: The shard that it is of.
    /// - Returns: `nil` if nothing that a shard has put there would go.
    func owner(
        of entries: FolderEntries, in target: String, _ shard: String,
        _ options: Extraction.Options
    ) throws(StoreError) -> Owner? {
        let there = try FolderEntries(target)
        var replaced: [[UInt8]] = []
        for name in try entries.fileNames() where try there.holdsFile(name) {
            replaced.append(name)
        }
        guard !replaced.isEmpty else { return nil }
        return try known.update { (known) throws(StoreError) in
            // Each folder has owners of its own.
            if options.layout == .perShard { known = Known() }
            try look(options, shard, &known)
            let owned = replaced.compactMap { name in
                known.names[XXH64.hash(name)].map { (name: name, shard: $0) }
            }.filter { Array($0.shard.utf8) != Array(shard.utf8) }
            return owned.first.map {
                Owner(
                    shard: $0.shard, name: String(decoding: $0.name, as: UTF8.self),
                    count: owned.count)
            }
        }
    }

    /// Takes in the notes that have come since the last time.
    private func look(
        _ options: Extraction.Options, _ shard: String, _ known: inout Known
    ) throws(StoreError) {
        let suffix = ".done"
        for file in try FolderListing.fileNames(state.folder) where file.hasSuffix(suffix) {
            let name = String(file.dropLast(suffix.count))
            guard !known.shards.contains(Array(name.utf8)),
                let note = state.note(name, "done", of: name), note.setting == options.setting,
                options.layout == .inPlace
                    || ShardName.stem(name).utf8.elementsEqual(ShardName.stem(shard).utf8)
            else { continue }
            known.shards.insert(Array(name.utf8))
            for hash in note.bareNames { known.names[hash] = name }
        }
    }
}
