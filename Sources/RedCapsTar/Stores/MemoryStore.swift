public import RedCapsBase

/// Files held in memory: for tests, and for data that was never on disk.
public struct MemoryStore: FileStore {
    private let places: [MemberPath: Int]
    private let files: [[UInt8]]

    /// Makes a store of files by path.
    /// - Throws: `unsafePath` for a path that is absolute, empty or has `..`.
    public init(_ files: [String: [UInt8]]) throws(StoreError) {
        try self.init(pairs: files.map { (path: $0.key, bytes: $0.value) })
    }

    /// Makes a store of files by path, where paths may differ in ways that Unicode calls equivalent; of
    /// equal paths the last counts.
    /// - Throws: `unsafePath` for a path that is absolute, empty or has `..`.
    public init(pairs files: [(path: String, bytes: [UInt8])]) throws(StoreError) {
        var places: [MemberPath: Int] = [:]
        var contents: [[UInt8]] = []
        for (path, bytes) in files {
            places[try MemberPath(checking: path, in: "memory")] = contents.count
            contents.append(bytes)
        }
        self.places = places
        self.files = contents
    }

    /// Finds a file by its path.
    public func locate(_ path: String) throws(StoreError) -> FileLocation {
        guard let index = places[try MemberPath(checking: path, in: "memory")] else {
            throw StoreError(.missing, file: "memory", member: path, reason: "no such file")
        }
        return FileLocation(key: "\(index)")
    }

    /// Copies a file into the buffer.
    public func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        guard let index = location.key.flatMap({ Int($0) }), files.indices.contains(index) else {
            throw .foreign(location, to: "memory")
        }
        buffer.copy(files[index])
    }
}

extension MemberPath {
    /// Brings a path to its one spelling, or says why it is refused.
    init(checking path: String, in file: String) throws(StoreError) {
        guard let checked = MemberPath(path) else {
            throw StoreError(
                .unsafePath, file: file, member: path,
                reason: "paths must be relative, without \"..\"")
        }
        self = checked
    }
}
