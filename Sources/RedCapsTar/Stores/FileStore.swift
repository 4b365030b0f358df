public import RedCapsBase

/// Where a data set's files are: a folder, tar shards, memory, or several of them.
///
/// A path is located once, when the data set is opened; afterwards its bytes are read by location.
public protocol FileStore: Sendable {
    /// Finds a file.
    /// - Parameter path: Relative to the store's root, `/` between components; spellings such as
    ///   `./a//b` are brought to `a/b`.
    /// - Throws: `missing` if there is none, `unsafePath` for an absolute path or one with `..`,
    ///   `notAFile` for a link, directory or device inside a tar.
    func locate(_ path: String) throws(StoreError) -> FileLocation

    /// Reads a located file into the caller's buffer, replacing what that held.
    /// - Throws: `StoreError` if the file can't be read, or is shorter than it was.
    func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError)

    /// Says for people where a located file lies, as in `00123.tar!00123/x.jpg at byte 512`.
    func describe(_ location: FileLocation, of path: String) -> String
}

extension FileStore {
    /// The path.
    public func describe(_ location: FileLocation, of path: String) -> String { path }

    /// Finds a file and gives a copy of its bytes; comfort for the odd file, not for a hot loop.
    public func bytes(of path: String) throws(StoreError) -> [UInt8] {
        var buffer = ReadBuffer()
        try read(try locate(path), into: &buffer)
        return buffer.copy()
    }
}

/// Where a file lies in the store that located it.
public struct FileLocation: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        /// A range of a shard, or of a numbered thing in memory.
        case range(source: UInt32, offset: UInt64, size: UInt64)
        /// A file of its own, or an object under a key.
        case key(String)
    }

    let place: Place
    /// Which store of each layered store it belongs to: eight bits for each, the outermost lowest.
    var layers: UInt32 = 0

    init(_ place: Place) { self.place = place }

    /// A location for stores that find their files by a key of their own.
    public init(key: String) { self.init(.key(key)) }

    /// The key, for a location that was made with one.
    public var key: String? {
        if case .key(let key) = place { key } else { nil }
    }
}

/// The most bytes that one file may have; more is a sign of a damaged header or a wrong path.
let maximumFileSize: UInt64 = 1 << 31
