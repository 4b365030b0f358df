public import RedCapsBase

extension TarIndex {
    private static let membersName = "members-1.index"
    private static let shardsName = "shards-1.index"

    /// Opens the index of all files named `*.tar` in a folder, and builds it first if there is none
    /// or if shards have come, gone or changed. Compressed tars are noted as failed shards.
    ///
    /// The shards themselves are only looked up: same size and time as when they were indexed are
    /// trusted. Of one with another time the headers are read again; if they tell the same members,
    /// as those of a copied data set do, the index is kept. A shard that is damaged or can't be read
    /// doesn't stop the others: see `Shard.failure`. Of several processes that open a folder at the
    /// same time, one builds.
    /// - Parameters:
    ///   - folder: The folder of the shards.
    ///   - rebuilds: Whether to read all shards again, whatever is there.
    ///   - cancellation: Stops the work within a second.
    ///   - progress: Told after each shard, on the calling thread.
    /// - Throws: `StoreError` if the folder can't be listed, or the index can't be written anywhere.
    public convenience init(
        folder: String, rebuilds: Bool = false, cancellation: Cancellation? = nil,
        progress: ((IndexProgress) -> Void)? = nil
    ) throws(StoreError) {
        let opening = try Opening(folder, cancellation)
        let parts = try opening.run(rebuilds: rebuilds, progress)
        self.init(parts.table, members: parts.members, files: parts.files, isBuilt: parts.isBuilt)
    }

    /// Opens the index of a folder if it is there and no shard's size or time has changed since.
    /// - Returns: `nil` if it would have to be built, or compared with shards.
    convenience init?(built folder: String) throws(StoreError) {
        guard let parts = try Opening(folder, nil).load(comparing: false, nil) else { return nil }
        self.init(parts.table, members: parts.members, files: parts.files, isBuilt: false)
    }

    /// Opens the index of a folder on a thread of its own, and tells how far the building is, if it
    /// has to be built. Leaving the loop, or cancelling the task, ends the building within a second.
    ///
    /// The parameters are those of `init`; its errors end the stream.
    public static func opening(
        folder: String, rebuilds: Bool = false
    ) -> AsyncThrowingStream<JobEvent<IndexProgress, TarIndex>, any Error> {
        let cancellation = Cancellation()
        return .ofWork(stop: cancellation.cancel) { tell in
            let index = try TarIndex(
                folder: folder, rebuilds: rebuilds, cancellation: cancellation,
                progress: { tell(.progress($0)) })
            tell(.report(index))
        }
    }

    /// Indexes the given tars, in the given order, in a temporary file that nobody else sees.
    public convenience init(shards paths: [String]) throws(StoreError) {
        let opening = Opening(
            folder: "", files: paths.map { ShardFile($0, path: $0) }, cancellation: nil)
        let parts = try opening.runPrivately()
        self.init(parts.table, members: parts.members, files: [], isBuilt: true)
    }

    /// Reads every block of the index and compares it with its checksum.
    /// - Throws: `StoreError` with `damagedIndex` at the first that doesn't fit.
    public func check() throws(StoreError) {
        for path in files {
            let isMembers = path.hasSuffix(Self.membersName)
            try BlockFile(
                path, isMembers ? .members : .shards,
                recordSizes: isMembers ? MemberSection.recordSizes : [1]
            ).checkAllBlocks()
        }
    }

    private struct Parts {
        let table: ShardTable
        let members: RepairableFile
        let files: [String]
        let isBuilt: Bool
    }

    /// The steps from a folder to its index.
    private struct Opening: Sendable {
        let folder: String
        let files: [ShardFile]
        let cancellation: Cancellation?
        let comparison: ShardComparison

        typealias Progress = (IndexProgress) -> Void

        init(_ folder: String, _ cancellation: Cancellation?) throws(StoreError) {
            let names = try FolderListing.fileNames(folder)
            self.init(
                folder: folder, files: ShardFile.shards(in: folder, names: names),
                cancellation: cancellation)
        }

        init(folder: String, files: [ShardFile], cancellation: Cancellation?) {
            self.folder = folder
            self.files = files
            self.cancellation = cancellation
            comparison = ShardComparison(cancellation)
        }

        func run(rebuilds: Bool, _ progress: Progress?) throws(StoreError) -> Parts {
            if !rebuilds, let parts = try load(comparing: false, nil) { return parts }
            var failure: StoreError?
            for place in IndexPlace.candidates(for: folder) {
                guard place.makeReady() else {
                    if !rebuilds, let parts = try load(from: place, comparing: true, progress) {
                        return parts
                    }
                    continue
                }
                do throws(StoreError) {
                    return try build(in: place, rebuilds: rebuilds, progress)
                } catch {
                    guard error.code == .system else { throw error }
                    failure = error  // no room, say; perhaps there is at the next place
                }
            }
            if let failure { throw failure }
            return try runPrivately(progress)
        }

        /// What the best place holds that has a sound index of these shards.
        func load(comparing: Bool, _ progress: Progress?) throws(StoreError) -> Parts? {
            for place in IndexPlace.candidates(for: folder) {
                if let parts = try load(from: place, comparing: comparing, progress) {
                    return parts
                }
            }
            return nil
        }

        /// What a place holds, if it is sound and of these shards.
        /// - Parameter comparing: Whether shards with another time are listed again; without it an
        ///   index of such shards is none.
        private func load(
            from place: IndexPlace, comparing: Bool, _ progress: Progress?
        ) throws(StoreError) -> Parts? {
            guard
                let table = try? ShardTable(
                    path: place.file(TarIndex.shardsName), folder: folder),
                table.fits(files), let members = Self.members(of: table, place)
            else { return nil }
            guard files.indices.contains(where: { table.isDoubtful($0, files[$0]) }) else {
                return parts(table, members, place, isBuilt: false)
            }
            guard comparing,
                let current = try comparison.current(table, files, members, progress)
            else { return nil }
            // No harm if the new times can't be kept: then the next one lists these shards, too.
            try? publish(current, in: place)
            return parts(current, members, place, isBuilt: false)
        }

        private static func members(of table: ShardTable, _ place: IndexPlace) -> BlockFile? {
            let file = try? BlockFile(
                place.file(TarIndex.membersName), .members,
                recordSizes: MemberSection.recordSizes)
            guard let file, file.identity == table.members,
                file.count(MemberSection.records) == table.shards.last?.records.upperBound ?? 0
            else { return nil }
            return file
        }

        private func publish(_ table: ShardTable, in place: IndexPlace) throws(StoreError) {
            let temporary = place.temporary(for: TarIndex.shardsName)
            do throws(StoreError) {
                try table.write(to: temporary)
                try place.publish(temporary, as: TarIndex.shardsName)
            } catch {
                unsafe _ = unlink(temporary)
                throw error
            }
        }

        /// Builds under the lock, unless another process has built in the meantime.
        private func build(
            in place: IndexPlace, rebuilds: Bool, _ progress: Progress?
        ) throws(StoreError) -> Parts {
            let lock = try place.waitForLock(of: .members, cancellation)
            return try withExtendedLifetime(lock) { () throws(StoreError) in
                if !rebuilds, let parts = try load(from: place, comparing: true, progress) {
                    return parts
                }
                if lock != nil { place.removeLeftovers(of: .members) }
                let old = rebuilds ? nil : old(in: place)
                let temporary = place.temporary(for: TarIndex.membersName)
                do throws(StoreError) {
                    let table = try builder(old).build(members: temporary, progress: progress)
                    try place.publish(temporary, as: TarIndex.membersName)
                    try publish(table, in: place)
                    guard let members = Self.members(of: table, place) else {
                        // Without locks, another builder may have been faster with other shards.
                        throw .damagedIndex(
                            place.file(TarIndex.membersName), "replaced while it was written")
                    }
                    return parts(table, members, place, isBuilt: true)
                } catch {
                    unsafe _ = unlink(temporary)
                    throw error
                }
            }
        }

        /// An index whose shards have changed, but which may save reading most of them.
        private func old(in place: IndexPlace) -> (table: ShardTable, members: BlockFile)? {
            guard
                let table = try? ShardTable(
                    path: place.file(TarIndex.shardsName), folder: folder),
                let members = Self.members(of: table, place)
            else { return nil }
            return (table, members)
        }

        private func builder(
            _ old: (table: ShardTable, members: BlockFile)? = nil
        ) -> IndexBuilder {
            IndexBuilder(
                folder: folder, files: files, old: old, comparison: comparison,
                cancellation: cancellation)
        }

        private func parts(
            _ table: ShardTable, _ members: BlockFile, _ place: IndexPlace, isBuilt: Bool
        ) -> Parts {
            let again = Opening(folder: folder, files: files, cancellation: nil)
            return Parts(
                table: table,
                members: RepairableFile(members) { () throws(StoreError) in
                    try again.repair(in: place)
                },
                files: [place.file(TarIndex.membersName), place.file(TarIndex.shardsName)],
                isBuilt: isBuilt)
        }

        /// Builds an index again of which a block has turned out to be damaged.
        private func repair(in place: IndexPlace) throws(StoreError) -> BlockFile {
            let parts =
                place.makeReady()
                ? try build(in: place, rebuilds: true, nil) : try runPrivately()
            return try parts.members.use { (file) throws(StoreError) in file }
        }

        /// Builds in a temporary file that is gone when the index is.
        func runPrivately(_ progress: Progress? = nil) throws(StoreError) -> Parts {
            let folder = System.temporaryFolder
            let place = IndexPlace(folder: folder)
            let temporary = place.temporary(for: "redcaps-members")
            defer { unsafe _ = unlink(temporary) }
            var builder = builder()
            builder.isKept = false
            let table = try builder.build(members: temporary, progress: progress)
            let members = try BlockFile(
                temporary, .members, recordSizes: MemberSection.recordSizes)
            return Parts(
                table: table, members: RepairableFile(members), files: [], isBuilt: true)
        }
    }
}
