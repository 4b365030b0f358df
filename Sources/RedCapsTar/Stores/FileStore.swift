public import RedCapsBase

/// Where a data set's files are: a folder, tar shards, memory, a server, or several of them.
///
/// Paths are located when a data set is opened for the first time, all of a list at once; what is
/// found is kept in its index, and afterwards bytes are read by location. `locate` and `read` are
/// all that a store must bring; one with `shards()` gets an index that outlives the process and can
/// be read shard by shard (`.blockShuffled`). All of them are called on several threads at once.
public protocol FileStore: Sendable {
    /// Finds a file.
    /// - Parameter path: Relative to the store's root, `/` between components; spellings such as
    ///   `./a//b` are brought to `a/b`.
    /// - Throws: `missing` if there is none, `unsafePath` for an absolute path or one with `..`,
    ///   `notAFile` for a link, directory or device inside a tar. Any other error means that the
    ///   store couldn't look, and ends the opening of a data set.
    func locate(_ path: String) throws(StoreError) -> FileLocation

    /// Finds many files at once. By default `locate` is called for each, on 16 threads.
    /// - Returns: A location for each path; `nil` for those that `locate` says are `missing`,
    ///   `unsafePath` or `notAFile`.
    /// - Throws: `StoreError` if the store couldn't look, with the place.
    func locate(_ paths: [String]) throws(StoreError) -> [FileLocation?]

    /// Reads a located file into the caller's buffer, replacing what that held.
    /// - Throws: `StoreError` if the file can't be read, or is shorter than it was; one that
    ///   `isTransient` is tried again.
    func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError)

    /// The shards that locations speak of, and which version of each it is. Without any, which is
    /// the default, each process that opens a data set locates its files anew.
    /// - Throws: `StoreError` if the store couldn't look, with the place.
    func shards() throws(StoreError) -> [StoreShard]

    /// Says for people where a located file lies, as in `00123.tar!00123/x.jpg at byte 512`; by
    /// default the path.
    func describe(_ location: FileLocation, of path: String) -> String
}

extension FileStore {
    public func locate(_ paths: [String]) throws(StoreError) -> [FileLocation?] {
        let store = self
        let piece = 64
        let pieces = try WorkerThread.map((paths.count + piece - 1) / piece, threads: 16) {
            (number) throws(StoreError) -> [FileLocation?] in
            var found: [FileLocation?] = []
            for path in paths[(number * piece)..<min((number + 1) * piece, paths.count)] {
                do throws(StoreError) { found.append(try store.locate(path)) } catch {
                    guard error.tellsOfNoFile else { throw error }
                    found.append(nil)
                }
            }
            return found
        }
        return Array(pieces.joined())
    }

    public func shards() throws(StoreError) -> [StoreShard] { [] }

    public func describe(_ location: FileLocation, of path: String) -> String { path }

    /// Finds a file and gives a copy of its bytes; comfort for the odd file, not for a hot loop.
    public func bytes(of path: String) throws(StoreError) -> [UInt8] {
        var buffer = ReadBuffer()
        try read(try locate(path), into: &buffer)
        return buffer.copy()
    }
}

extension StoreError {
    /// Whether it says that a path leads to no file, rather than that nobody could look.
    var tellsOfNoFile: Bool { [.missing, .unsafePath, .notAFile].contains(code) }

    /// The error for a location that another store gave.
    static func foreign(_ location: FileLocation, to store: String) -> StoreError {
        StoreError(.missing, file: store, reason: "\(location) was located by another store")
    }
}
