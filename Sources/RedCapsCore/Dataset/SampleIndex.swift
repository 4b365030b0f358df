public import RedCapsBase
import RedCapsTar

/// The index of a data set on disk: a list, the folders of its images and annotations, and where
/// each file of the list is. It is built once and then read in place, whatever its size.
public struct SampleIndex: Sendable {
    /// The folder of the images.
    public var images: DatasetFolder { folders[0] }
    /// The folder of the annotations.
    public var annotations: DatasetFolder { folders[1] }
    /// The number of samples.
    public var count: Int { table.count }
    /// How many samples lack their image or their annotation.
    public var missingCount: Int { table.missingCount }
    /// The samples that lack a file, by the first folder of the path that leads nowhere, most
    /// frequent first. That folder is most often named like the shard that isn't there.
    public var missingByShard: [(name: String, count: Int)] { table.missingByShard }
    /// Whether this process has just built it, or a part of it.
    public let isBuilt: Bool

    var folders: [DatasetFolder] { table.folders }
    package let table: PathTable

    /// Opens the index, and builds what of it isn't there or has changed.
    /// - Parameters:
    ///   - list: The list of samples: a file, or a folder of lists.
    ///   - images: The folder that the images' paths are relative to.
    ///   - annotations: The folder that the annotations' paths are relative to; may be the same.
    ///   - rebuilds: Whether to read everything again, whatever index is there.
    ///   - cancellation: Stops the building within a second.
    ///   - progress: Told after each shard that is read.
    /// - Throws: `StoreError` if something can't be read or written, `ManifestError` if the list is
    ///   none.
    public init(
        list: String, images: String, annotations: String, rebuilds: Bool = false,
        cancellation: Cancellation? = nil, progress: ((IndexProgress) -> Void)? = nil
    ) throws {
        func open(_ folder: String, _ mayBuild: Bool) throws(StoreError) -> DatasetFolder? {
            if !mayBuild { return try DatasetFolder(built: folder) }
            return try DatasetFolder(
                folder, rebuilds: rebuilds, cancellation: cancellation, progress: progress)
        }
        let files = try Manifest.files(list)
        let (table, isBuilt) = try PathTable.open(
            beside: images,
            name: Self.relativePath(of: list, from: images) + "\n"
                + Self.relativePath(of: annotations, from: images),
            lists: files, rebuilds: rebuilds, cancellation: cancellation,
            folders: { mayBuild in
                guard let first = try open(images, mayBuild) else { return nil }
                if images == annotations { return [first, first] }
                return try open(annotations, mayBuild).map { [first, $0] }
            },
            read: { writer in try Self.read(files, into: &writer) })
        self.table = table
        self.isBuilt = isBuilt || table.folders.contains { $0.index?.isBuilt ?? false }
    }

    /// What a stream of an opening gives.
    public enum Event: Sendable {
        /// How far the reading of shards is.
        case progress(IndexProgress)
        /// The end: the index.
        case index(SampleIndex)
    }

    /// Opens the index on a thread of its own, and tells how far the building is, if it has to be
    /// built. Leaving the loop, or cancelling the task, ends the building within a second.
    ///
    /// The parameters are those of `init`; its errors end the stream.
    public static func opening(
        list: String, images: String, annotations: String, rebuilds: Bool = false
    ) -> AsyncThrowingStream<Event, any Error> {
        let cancellation = Cancellation()
        return .ofWork(stop: cancellation.cancel) { tell in
            let index = try SampleIndex(
                list: list, images: images, annotations: annotations, rebuilds: rebuilds,
                cancellation: cancellation, progress: { tell(.progress($0)) })
            tell(.index(index))
        }
    }

    /// The files that hold the index.
    public var files: [String] {
        var files: [String] = []
        for file in folders.flatMap({ $0.index?.files ?? [] }) + [table.path]
        where !files.contains(file) { files.append(file) }
        return files
    }

    /// The paths of a sample as the list has them; empty where it has none.
    /// - Throws: `StoreError` if the index can't be read.
    public func paths(_ index: Int) throws(StoreError) -> (image: String, annotation: String) {
        (
            try table.reference(row: index, column: 0).path,
            try table.reference(row: index, column: 1).path
        )
    }

    /// The samples that lack a file, in the order of the list.
    /// - Throws: `StoreError` if the index can't be read.
    public func missingSamples() throws(StoreError) -> [Int] { try table.missingRows() }

    /// Reads every block of the index and compares it with its checksum.
    /// - Throws: `StoreError` with `damagedIndex` at the first that doesn't fit.
    public func check() throws(StoreError) {
        try images.index?.check()
        try annotations.index?.check()
        try table.check()
    }

    private static func read(
        _ files: [(name: String, path: String)], into writer: inout PathTableWriter
    ) throws -> UInt64 {
        var hash: UInt64 = 0
        for file in files {
            var list = try ListReader(file.path)
            do {
                try list.run { image, annotation in
                    writer.append(image)
                    writer.append(annotation)
                    try writer.endRow()
                }
            } catch let error as JSONError {
                throw ManifestError(file: file.path, reason: "\(error)")
            }
            hash = hash &* 31 &+ list.hash
        }
        return hash
    }

    /// The way from a folder to a file, so that a data set that is moved as a whole keeps its index.
    private static func relativePath(of path: String, from folder: String) -> String {
        let to = (FilePath.real(path) ?? path).split(separator: "/")
        let from = (FilePath.real(folder) ?? folder).split(separator: "/")
        let common = zip(to, from).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: from.count - common) + to[common...].map(String.init))
            .joined(separator: "/")
    }
}
