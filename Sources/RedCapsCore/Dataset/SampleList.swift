package import RedCapsBase
import RedCapsTar

/// The samples of a data set: for each, where its two files are.
package protocol SampleList: Sendable {
    /// How many there are.
    var count: Int { get }
    /// What tells this list from another: the same for the same list, wherever it lies.
    var fingerprint: UInt64 { get }
    /// A sample's path as the list has it; empty if it has none.
    func path(_ part: SamplePart, of index: Int) throws -> String
    /// Reads a sample's file.
    /// - Returns: Its path as the list has it.
    /// - Throws: `ManifestError` if the list has no such path, `StoreError` if it can't be read.
    func read(_ part: SamplePart, of index: Int, into buffer: inout ReadBuffer) throws -> String
    /// Says where a sample's file lies, for people.
    func place(_ part: SamplePart, of index: Int) -> String
    /// How the samples' images are spread over shards.
    /// - Parameter omitted: Samples to leave out, in their order.
    func imageRuns(omitting omitted: [Int]) throws -> ShardRuns
}

/// Which of a sample's files.
package enum SamplePart: Int, Sendable, CaseIterable {
    case image
    case annotation
}

/// A list in memory, whose files are found once in any stores.
struct StoredList: SampleList {
    let manifest: Manifest
    private let stores: [any FileStore]
    /// Where the files are, image and annotation of each sample; `nil` for one that isn't there.
    private let locations: [FileLocation?]

    init(_ manifest: Manifest, images: any FileStore, annotations: any FileStore) {
        self.manifest = manifest
        stores = [images, annotations]
        locations = (0..<manifest.count).flatMap { index in
            [
                try? images.locate(manifest.image(index)),
                try? annotations.locate(manifest.annotation(index)),
            ]
        }
    }

    var count: Int { manifest.count }
    var fingerprint: UInt64 { manifest.fingerprint }

    /// The samples that lack a file.
    var missing: [Int] {
        (0..<count).filter { locations[2 * $0] == nil || locations[2 * $0 + 1] == nil }
    }

    func path(_ part: SamplePart, of index: Int) -> String {
        part == .image ? manifest.image(index) : manifest.annotation(index)
    }

    package func read(_ part: SamplePart, of index: Int, into buffer: inout ReadBuffer) throws
        -> String
    {
        let path = path(part, of: index)
        if !manifest.has(part, of: index) { throw ManifestError.absent(part) }
        let store = stores[part.rawValue]
        let location = try locations[2 * index + part.rawValue] ?? store.locate(path)
        try store.read(location, into: &buffer)
        return path
    }

    func place(_ part: SamplePart, of index: Int) -> String {
        let path = path(part, of: index)
        let location = locations[2 * index + part.rawValue]
        return location.map { stores[part.rawValue].describe($0, of: path) } ?? path
    }

    func imageRuns(omitting omitted: [Int]) -> ShardRuns {
        let omitted = Set(omitted)
        var runs = ShardRuns()
        for index in 0..<count where !omitted.contains(index) {
            runs.append(locations[2 * index].map(stores[SamplePart.image.rawValue].shard))
        }
        return runs
    }
}

extension SampleIndex: SampleList {
    package var fingerprint: UInt64 { table.listHash }

    package func path(_ part: SamplePart, of index: Int) throws -> String {
        try table.reference(row: index, column: part.rawValue).path
    }

    package func read(_ part: SamplePart, of index: Int, into buffer: inout ReadBuffer) throws
        -> String
    {
        let reference = try table.reference(row: index, column: part.rawValue)
        if case .absent = reference { throw ManifestError.absent(part) }
        let location = try table.location(of: reference, column: part.rawValue)
        try folders[part.rawValue].read(location, into: &buffer)
        return reference.path
    }

    package func place(_ part: SamplePart, of index: Int) -> String {
        do {
            let reference = try table.reference(row: index, column: part.rawValue)
            let location = try table.location(of: reference, column: part.rawValue)
            return folders[part.rawValue].describe(location, of: reference.path)
        } catch {
            return "\(error)"
        }
    }

    package func imageRuns(omitting omitted: [Int]) throws -> ShardRuns {
        try table.shardRuns(column: SamplePart.image.rawValue, omitting: omitted)
    }
}

extension PathTable.Reference {
    /// The path as the list has it; empty if it has none.
    package var path: String {
        switch self {
        case .member(_, let path), .loose(let path), .missing(let path): path
        case .absent: ""
        }
    }
}

extension ManifestError {
    static func absent(_ part: SamplePart) -> ManifestError {
        ManifestError(file: "the list", reason: "the entry has no \(part) path")
    }
}
