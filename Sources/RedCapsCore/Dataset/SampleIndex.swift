public import RedCapsBase
public import RedCapsTar

/// Where the files of a manifest's entries lie: for each part of a sample a store, and in it a
/// location for each entry. Of a manifest on disk, it is built once and then read in place, whatever
/// its size.
public struct SampleIndex: Sendable {
    /// The parts of each sample: its image, its annotation, and whatever else was asked for.
    public let parts: [SamplePart]
    /// The number of samples.
    public var count: Int { table.count }
    /// How many samples lack the file of a part.
    public var missingCount: Int { table.missingCount }
    /// The samples that lack a file, by the first folder of the path that leads nowhere, most
    /// frequent first. That folder is most often named like the shard that isn't there.
    public var missingByShard: [(name: String, count: Int)] { table.missingByShard }
    /// Whether this process has just built it, or a part of it.
    public let isBuilt: Bool
    /// What tells this manifest from another: the same for the same manifest, wherever it lies.
    package var fingerprint: UInt64 { table.listHash }

    package let table: PathTable

    /// Opens the index of a manifest and of folders, and builds what of it isn't there or has
    /// changed.
    /// - Parameters:
    ///   - list: The manifest: a file, or a folder of them.
    ///   - images: The folder that the images' paths are relative to.
    ///   - annotations: The folder that the annotations' paths are relative to; may be the same.
    ///   - rebuilds: Whether to read everything again, whatever index is there.
    ///   - cancellation: Stops the building within a second.
    ///   - progress: Told after each shard that is read.
    /// - Throws: `StoreError` if something can't be read or written, `ManifestError` if the manifest
    ///   is none.
    public init(
        list: String, images: String, annotations: String, rebuilds: Bool = false,
        cancellation: Cancellation? = nil, progress: ((IndexProgress) -> Void)? = nil
    ) throws {
        func open(_ folder: String, _ mayBuild: Bool) throws(StoreError) -> TableColumn? {
            if !mayBuild { return try DatasetFolder(built: folder).map { TableColumn($0) } }
            return TableColumn(
                try DatasetFolder(
                    folder, rebuilds: rebuilds, cancellation: cancellation, progress: progress))
        }
        let parts: [SamplePart] = [.image, .annotation]
        let files = try Manifest.files(list)
        let (table, isBuilt) = try PathTable.open(
            beside: images,
            name: Self.relativePath(of: list, from: images) + "\n"
                + Self.relativePath(of: annotations, from: images),
            lists: files, rebuilds: rebuilds, cancellation: cancellation,
            columns: { mayBuild in
                guard let first = try open(images, mayBuild) else { return nil }
                if images == annotations { return [first, first] }
                return try open(annotations, mayBuild).map { [first, $0] }
            },
            hash: { try Self.hash(files, cancellation) },
            read: { writer in try Self.read(files, parts, into: &writer) })
        self.parts = parts
        self.table = table
        self.isBuilt = isBuilt || table.columns.contains { $0.index?.isBuilt ?? false }
    }

    /// Opens the index of a manifest on disk whose files lie in any stores, and locates all of them
    /// first if that wasn't done before, or if the manifest or the stores' shards have changed.
    ///
    /// The index lies beside the manifest or, where that can't be written, in the user's cache
    /// directory. Of stores without `shards()` it lasts for the life of the process.
    /// - Parameters:
    ///   - list: The manifest: a file, or a folder of them.
    ///   - stores: Where the files of each part are. An image's and an annotation's are needed.
    ///   - rebuilds: Whether to locate everything again, whatever index is there.
    ///   - cancellation: Stops the building.
    /// - Throws: `StoreError` if something can't be read, written or asked, `ManifestError` if the
    ///   manifest is none.
    public init(
        list: String, stores: [SamplePart: any FileStore], rebuilds: Bool = false,
        cancellation: Cancellation? = nil
    ) throws {
        let parts = try Self.parts(of: stores)
        let files = try Manifest.files(list)
        let columns = try Self.columns(parts, stores)
        let real = FilePath.resolved(list)
        (table, isBuilt) = try PathTable.open(
            beside: FilePath.split(real).folder,
            name: "stores\n\(FilePath.split(real).name)\n"
                + parts.map(\.name).joined(separator: "\n"),
            lists: files, rebuilds: rebuilds, cancellation: cancellation,
            columns: { _ in columns },
            hash: { try Self.hash(files, cancellation) },
            read: { writer in try Self.read(files, parts, into: &writer) })
        self.parts = parts
    }

    /// Locates the files of a manifest in memory, for the life of this process.
    /// - Throws: `StoreError` if a store can't be asked.
    public init(_ manifest: Manifest, stores: [SamplePart: any FileStore]) throws {
        let parts = try Self.parts(of: stores)
        table = try PathTable.make(columns: try Self.columns(parts, stores)) { writer in
            for entry in 0..<manifest.count {
                for part in parts { manifest.append(part, of: entry, to: &writer) }
                try writer.endRow()
            }
            return manifest.fingerprint
        }
        self.parts = parts
        isBuilt = true
    }

    /// Image, annotation, and the others in the order of their names.
    private static func parts(
        of stores: [SamplePart: any FileStore]
    ) throws(StoreError) -> [SamplePart] {
        for part in [SamplePart.image, .annotation] where stores[part] == nil {
            throw StoreError(.invalid, file: part.name, reason: "a store for it is needed")
        }
        let others = stores.keys.filter { $0 != .image && $0 != .annotation }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return [.image, .annotation] + others
    }

    private static func columns(
        _ parts: [SamplePart], _ stores: [SamplePart: any FileStore]
    ) throws(StoreError) -> [TableColumn] {
        var columns: [TableColumn] = []
        for part in parts {
            if let store = stores[part] { columns.append(try TableColumn(store)) }
        }
        return columns
    }

    /// Opens the index on a thread of its own, and tells how far the building is, if it has to be
    /// built. Leaving the loop, or cancelling the task, ends the building within a second.
    ///
    /// The parameters are those of `init`; its errors end the stream.
    public static func opening(
        list: String, images: String, annotations: String, rebuilds: Bool = false
    ) -> AsyncThrowingStream<JobEvent<IndexProgress, SampleIndex>, any Error> {
        let cancellation = Cancellation()
        return .ofWork(stop: cancellation.cancel) { tell in
            let index = try SampleIndex(
                list: list, images: images, annotations: annotations, rebuilds: rebuilds,
                cancellation: cancellation, progress: { tell(.progress($0)) })
            tell(.report(index))
        }
    }

    /// The files that hold the index.
    public var files: [String] {
        var files: [String] = []
        for file in table.columns.flatMap({ $0.index?.files ?? [] }) + [table.path]
        where !files.contains(file) { files.append(file) }
        return files
    }

    /// Where the images are.
    public var images: any FileStore { table.columns[0].store }
    /// Where the annotations are.
    public var annotations: any FileStore { table.columns[1].store }

    /// Where the files of a part are; `nil` for a part that isn't among `parts`.
    public func store(of part: SamplePart) -> (any FileStore)? {
        column(of: part).map { table.columns[$0].store }
    }

    /// The index of the shards that hold the files of a part, if they lie in tars on this machine.
    public func shards(of part: SamplePart) -> TarIndex? {
        column(of: part).flatMap { table.columns[$0].index }
    }

    private func column(of part: SamplePart) -> Int? { parts.firstIndex(of: part) }

    /// The paths of a sample as the manifest has them; empty where it has none.
    /// - Throws: `StoreError` if the index can't be read.
    public func paths(_ index: Int) throws(StoreError) -> (image: String, annotation: String) {
        let lookup = RowLookup()
        try lookup.move(to: index, of: table)
        return (try lookup.path(0), try lookup.path(1))
    }

    /// The samples that lack a file, in the order of the manifest.
    /// - Throws: `StoreError` if the index can't be read.
    public func missingSamples() throws(StoreError) -> [Int] { try table.missingRows() }

    /// Reads every block of the index and compares it with its checksum.
    /// - Throws: `StoreError` with `damagedIndex` at the first that doesn't fit.
    public func check() throws(StoreError) {
        for column in table.columns { try column.index?.check() }
        try table.check()
    }

    private static func read(
        _ files: [(name: String, path: String)], _ parts: [SamplePart],
        into writer: inout PathTableWriter
    ) throws -> UInt64 {
        var hash: UInt64 = 0
        for file in files {
            var list = try ListReader(file.path, parts)
            do {
                try list.run { paths in
                    for path in paths { writer.append(path) }
                    try writer.endRow()
                }
            } catch let error as JSONError {
                throw ManifestError(file: file.path, reason: "\(error)")
            }
            hash = Self.hash(hash, list.hash)
        }
        return hash
    }

    /// The hash that `read` gives, without a look at what the lists say.
    private static func hash(
        _ files: [(name: String, path: String)], _ cancellation: Cancellation?
    ) throws -> UInt64 {
        try files.reduce(0) { hash($0, try ListReader.hash(of: $1.path, cancellation)) }
    }

    private static func hash(_ lists: UInt64, _ next: UInt64) -> UInt64 { lists &* 31 &+ next }

    /// The way from a folder to a file, so that a data set that is moved as a whole keeps its index.
    private static func relativePath(of path: String, from folder: String) -> String {
        let to = (FilePath.real(path) ?? path).pieces(at: "/")
        let from = (FilePath.real(folder) ?? folder).pieces(at: "/")
        let common = zip(to, from).prefix { $0.isExactly($1) }.count
        return (Array(repeating: "..", count: from.count - common) + to[common...].map(String.init))
            .joined(separator: "/")
    }
}
