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
    ///   - hash: Takes the hash of the lists' bytes that `read` returns, without looking into them;
    ///     called if only the time of a list has changed.
    ///   - read: Reads the lists, appends their rows and returns a hash of their bytes.
    /// - Returns: The table, and whether it was made just now.
    package static func open(
        beside data: String, name: String, lists: [(name: String, path: String)],
        rebuilds: Bool = false, cancellation: Cancellation? = nil,
        columns: (_ mayBuild: Bool) throws -> [TableColumn]?,
        hash: @escaping @Sendable () throws -> UInt64,
        read: @escaping @Sendable (inout PathTableWriter) throws -> UInt64
    ) throws -> (table: PathTable, isBuilt: Bool) {
        let places = IndexPlace.candidates(for: data)
        func opening(_ columns: [TableColumn]) -> Opening {
            Opening(
                name: "entries-\(String(XXH64.hash(Array(name.utf8)), radix: 16))-1.index",
                lists: lists, columns: columns, cancellation: cancellation, hash: hash, read: read)
        }
        func loaded(_ columns: [TableColumn]) throws -> PathTable? {
            guard !rebuilds else { return nil }
            let opening = opening(columns)
            for place in places {
                if let table = try opening.load(place) { return table }
            }
            return nil
        }
        if let known = try columns(false) {
            // What a store holds isn't known by anything: nobody could trust a table that is kept.
            guard !known.contains(where: { $0.identity == nil }) else {
                return (try opening(known).makePrivately(), true)
            }
            if let table = try loaded(known) { return (table, false) }
        }
        var failure: StoreError?
        for place in places where place.makeReady() {
            do {
                let lock = try place.waitForLock(of: .entries, cancellation)
                return try withExtendedLifetime(lock) {
                    if lock != nil { place.removeLeftovers(of: .entries) }
                    let known = try columns(true) ?? []
                    if let table = try loaded(known) { return (table, false) }
                    return (try opening(known).build(place), true)
                }
            } catch let error as StoreError
                where error.code == .system && error.file.beginsExactly(with: place.folder)
            {
                failure = error  // no room, say; perhaps there is at the next place
            }
        }
        if let failure { throw failure }
        let known = try columns(true) ?? []
        if let table = try loaded(known) { return (table, false) }
        return (try opening(known).makePrivately(), true)
    }

    /// Makes the table of a list that isn't on disk, for the life of this process.
    /// - Parameter read: Appends the rows and returns what tells this list from others.
    package static func make(
        columns: [TableColumn], cancellation: Cancellation? = nil,
        read: @escaping @Sendable (inout PathTableWriter) throws -> UInt64
    ) throws -> PathTable {
        try Opening(
            name: "entries.index", lists: [], columns: columns, cancellation: cancellation,
            hash: { 0 }, read: read
        ).makePrivately()
    }

    /// The steps from lists to a table.
    private struct Opening: Sendable {
        let name: String
        let lists: [(name: String, path: String)]
        let columns: [TableColumn]
        let cancellation: Cancellation?
        let hash: @Sendable () throws -> UInt64
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
            guard try hasSameLists(facts, file.identity, place) else { return nil }
            return table(file, facts, place)
        }

        /// Whether the lists are those that a table was made of. Same sizes and times are trusted;
        /// if a time differs, all bytes are read again.
        private func hasSameLists(
            _ facts: TableFacts, _ table: UInt64, _ place: IndexPlace
        ) throws -> Bool {
            var stamps: [FileStamp] = []
            for (known, list) in zip(facts.origin.lists, lists) {
                let now = try ListFile(list.path, name: list.name)
                guard known.name.isExactly(now.name),
                    known.stamp.byteCount == now.stamp.byteCount
                else { return false }
                stamps.append(now.stamp)
            }
            if stamps == facts.origin.lists.map(\.stamp) { return true }
            let times = ListTimes(in: place.folder, of: name)
            if times.read(table) == stamps { return true }
            guard try hash() == facts.listHash else { return false }
            // No harm if that can't be kept: then the next one reads the lists, too.
            try? times.write(stamps, table)
            return true
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

        /// Makes the table; only for whoever holds the lock.
        func build(_ place: IndexPlace) throws -> PathTable {
            let temporary = place.temporary(for: name)
            do {
                let facts = try write(temporary)
                try place.publish(temporary, as: name)
                let file = try open(place.file(name))
                return table(file, facts, place)
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
            try withExtendedLifetime(lock) { _ = try build(place) }
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
