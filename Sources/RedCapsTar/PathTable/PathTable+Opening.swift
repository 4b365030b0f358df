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
    ///   - columns: Opens what each column's paths lead into; where something would have to be
    ///     built for that, only if it may.
    ///   - read: Reads the lists, appends their rows and returns a hash of their bytes.
    /// - Returns: The table, and whether it was made just now.
    package static func open(
        beside data: String, name: String, lists: [(name: String, path: String)],
        rebuilds: Bool = false, cancellation: Cancellation? = nil,
        columns: (_ mayBuild: Bool) throws -> [TableColumn]?,
        read: @escaping @Sendable (inout PathTableWriter) throws -> UInt64
    ) throws -> (table: PathTable, isBuilt: Bool) {
        let places = IndexPlace.candidates(for: data)
        func opening(_ columns: [TableColumn]) -> Opening {
            Opening(
                name: "entries-\(String(XXH64.hash(Array(name.utf8)), radix: 16))-1.index",
                lists: lists, columns: columns, cancellation: cancellation, read: read)
        }
        if let known = try columns(false) {
            // What a store holds isn't known by anything: nobody could trust a table that is kept.
            guard !known.contains(where: { $0.identity == nil }) else {
                return (try opening(known).makePrivately(), true)
            }
            for place in rebuilds ? [] : places {
                if let table = try opening(known).load(place) { return (table, false) }
            }
        }
        var failure: StoreError?
        for place in places where place.makeReady() {
            do {
                let lock = try place.waitForLock(of: .entries, cancellation)
                return try withExtendedLifetime(lock) {
                    if lock != nil { place.removeLeftovers(of: .entries) }
                    let opening = opening(try columns(true) ?? [])
                    return try opening.build(place, rebuilds: rebuilds)
                }
            } catch let error as StoreError
                where error.code == .system && error.file.hasPrefix(place.folder)
            {
                failure = error  // no room, say; perhaps there is at the next place
            }
        }
        if let failure { throw failure }
        return (try opening(try columns(true) ?? []).makePrivately(), true)
    }

    /// Makes the table of a list that isn't on disk, for the life of this process.
    /// - Parameter read: Appends the rows and returns what tells this list from others.
    package static func make(
        columns: [TableColumn], cancellation: Cancellation? = nil,
        read: @escaping @Sendable (inout PathTableWriter) throws -> UInt64
    ) throws -> PathTable {
        try Opening(
            name: "entries.index", lists: [], columns: columns, cancellation: cancellation,
            read: read
        ).makePrivately()
    }

    /// The steps from lists to a table.
    private struct Opening: Sendable {
        let name: String
        let lists: [(name: String, path: String)]
        let columns: [TableColumn]
        let cancellation: Cancellation?
        let read: @Sendable (inout PathTableWriter) throws -> UInt64

        private var layout: (kind: BlockFormat.Kind, recordSizes: [Int]) {
            PathTable.layout(columns)
        }

        private func open(_ path: String) throws(StoreError) -> BlockFile {
            try BlockFile(path, layout.kind, recordSizes: layout.recordSizes)
        }

        func load(_ place: IndexPlace) throws -> PathTable? {
            guard
                let file = try? open(place.file(name)),
                let bytes = try? file.bytes(
                    Section.facts, at: 0, count: Int(clamping: file.count(Section.facts))),
                let facts = TableFacts(bytes), facts.rowCount == file.count(Section.rows),
                facts.missingCount == file.count(Section.missingRows),
                facts.origin.folders == columns.map({ $0.identity ?? 0 }),
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
            return PathTable(repairable, facts: facts, columns: columns)
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
                let file = try open(place.file(name))
                return (table(file, facts, place), true)
            } catch {
                unsafe _ = unlink(temporary)
                throw error
            }
        }

        private func write(_ path: String) throws -> TableFacts {
            let origin = Origin(
                lists: try lists.map { try ListFile($0.path, name: $0.name) },
                folders: columns.map { $0.identity ?? 0 })
            var writer = try PathTableWriter(path, origin: origin, columns: columns, cancellation)
            let hash = try read(&writer)
            return try writer.finish(listHash: hash)
        }

        private func repair(_ place: IndexPlace) throws -> BlockFile {
            guard place.makeReady() else {
                let temporary = Self.scratch.temporary(for: name)
                defer { unsafe _ = unlink(temporary) }
                _ = try write(temporary)
                return try open(temporary)
            }
            let lock = try place.waitForLock(of: .entries, cancellation)
            try withExtendedLifetime(lock) { _ = try build(place, rebuilds: true) }
            return try open(place.file(name))
        }

        /// Makes the table in a file that is gone when the table is.
        func makePrivately() throws -> PathTable {
            let temporary = Self.scratch.temporary(for: name)
            defer { unsafe _ = unlink(temporary) }
            let facts = try write(temporary)
            let file = try open(temporary)
            return PathTable(RepairableFile(file), facts: facts, columns: columns)
        }

        private static var scratch: IndexPlace {
            IndexPlace(folder: System.temporaryFolder)
        }
    }
}
