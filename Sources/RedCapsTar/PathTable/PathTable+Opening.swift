package import RedCapsBase

extension PathTable {
    /// Opens the table of some lists and folders, and makes it first if there is none or if anything
    /// has changed. Of several processes that open it at the same time, one makes it, and what it is
    /// made of.
    /// - Parameters:
    ///   - data: The folder beside whose files the table lies.
    ///   - name: What tells this table from others of the same folder.
    ///   - lists: The lists' names and paths, in the order in which they are read.
    ///   - rebuilds: Whether to make it anew, whatever is there.
    ///   - cancellation: Stops the work within a second.
    ///   - folders: Opens what each column's paths are relative to; where something would have to be
    ///     built for that, only if it may.
    ///   - read: Reads the lists, appends their rows and returns a hash of their bytes.
    /// - Returns: The table, and whether it was made just now.
    package static func open(
        beside data: String, name: String, lists: [(name: String, path: String)],
        rebuilds: Bool = false, cancellation: Cancellation? = nil,
        folders: (_ mayBuild: Bool) throws -> [DatasetFolder]?,
        read: @escaping @Sendable (inout PathTableWriter) throws -> UInt64
    ) throws -> (table: PathTable, isBuilt: Bool) {
        let places = IndexPlace.candidates(for: data)
        func opening(_ folders: [DatasetFolder]) -> Opening {
            Opening(
                name: "entries-\(String(XXH64.hash(Array(name.utf8)), radix: 16))-1.index",
                lists: lists, folders: folders, cancellation: cancellation, read: read)
        }
        if !rebuilds, let folders = try folders(false) {
            for place in places {
                if let table = try opening(folders).load(place) { return (table, false) }
            }
        }
        var failure: StoreError?
        for place in places where place.makeReady() {
            do {
                let lock = try place.waitForLock(of: .entries, cancellation)
                return try withExtendedLifetime(lock) {
                    if lock != nil { place.removeLeftovers(of: .entries) }
                    let opening = opening(try folders(true) ?? [])
                    return try opening.build(place, rebuilds: rebuilds)
                }
            } catch let error as StoreError where error.code == .system {
                failure = error
            }
        }
        if let failure { throw failure }
        return (try opening(try folders(true) ?? []).makePrivately(), true)
    }

    /// The steps from lists to a table.
    private struct Opening: Sendable {
        let name: String
        let lists: [(name: String, path: String)]
        let folders: [DatasetFolder]
        let cancellation: Cancellation?
        let read: @Sendable (inout PathTableWriter) throws -> UInt64

        private var recordSizes: [Int] { Section.recordSizes(columns: folders.count) }

        func load(_ place: IndexPlace) throws -> PathTable? {
            guard
                let file = try? BlockFile(place.file(name), .entries, recordSizes: recordSizes),
                let bytes = try? file.bytes(
                    Section.facts, at: 0, count: Int(clamping: file.count(Section.facts))),
                let facts = TableFacts(bytes), facts.rowCount == file.count(Section.rows),
                facts.missingCount == file.count(Section.missingRows),
                facts.origin.folders == folders.map(\.identity),
                facts.origin.lists.count == lists.count
            else { return nil }
            for (known, list) in zip(facts.origin.lists, lists) {
                let now = try ListFile(list.path, name: list.name, known: known)
                guard now.isSame(as: known) else { return nil }
            }
            return table(file, facts, place)
        }

        private func table(_ file: BlockFile, _ facts: TableFacts, _ place: IndexPlace) -> PathTable
        {
            let repairable = RepairableFile(file) { () throws(StoreError) in
                do {
                    return try repair(place)
                } catch {
                    throw error as? StoreError
                        ?? .damagedIndex(place.file(name), "and can't be made again: \(error)")
                }
            }
            return PathTable(repairable, facts: facts, folders: folders)
        }

        /// Makes the table, unless another process has done so; only for whoever holds the lock.
        func build(
            _ place: IndexPlace, rebuilds: Bool
        ) throws -> (table: PathTable, isBuilt: Bool) {
            if !rebuilds, let table = try load(place) { return (table, false) }
            let temporary = place.temporary(for: name)
            do {
                let facts = try write(temporary)
                try place.publish(temporary, as: name)
                let file = try BlockFile(place.file(name), .entries, recordSizes: recordSizes)
                return (table(file, facts, place), true)
            } catch {
                unsafe _ = unlink(temporary)
                throw error
            }
        }

        private func write(_ path: String) throws -> TableFacts {
            let origin = Origin(
                lists: try lists.map { try ListFile($0.path, name: $0.name) },
                folders: folders.map(\.identity))
            var writer = try PathTableWriter(path, origin: origin, folders: folders, cancellation)
            let hash = try read(&writer)
            return try writer.finish(listHash: hash)
        }

        private func repair(_ place: IndexPlace) throws -> BlockFile {
            guard place.makeReady() else {
                let temporary = Self.scratch.temporary(for: name)
                defer { unsafe _ = unlink(temporary) }
                _ = try write(temporary)
                return try BlockFile(temporary, .entries, recordSizes: recordSizes)
            }
            let lock = try place.waitForLock(of: .entries, cancellation)
            try withExtendedLifetime(lock) { _ = try build(place, rebuilds: true) }
            return try BlockFile(place.file(name), .entries, recordSizes: recordSizes)
        }

        /// Makes the table in a file that is gone when the table is.
        func makePrivately() throws -> PathTable {
            let temporary = Self.scratch.temporary(for: name)
            defer { unsafe _ = unlink(temporary) }
            let facts = try write(temporary)
            let file = try BlockFile(temporary, .entries, recordSizes: recordSizes)
            return PathTable(RepairableFile(file), facts: facts, folders: folders)
        }

        private static var scratch: IndexPlace {
            IndexPlace(folder: System.temporaryFolder)
        }
    }
}
