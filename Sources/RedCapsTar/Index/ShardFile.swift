import RedCapsBase

/// A shard as a file: its name, and what the file system says of it, which is enough to trust an
/// index without opening the shard.
struct ShardFile: Sendable, Hashable {
    let name: String
    let stamp: FileStamp
    var byteCount: UInt64 { stamp.byteCount }
    /// When it was changed last, in nanoseconds since 1970.
    var modified: Int64 { stamp.modified }

    init(_ name: String, _ stamp: FileStamp) { (self.name, self.stamp) = (name, stamp) }

    /// Looks a file up.
    /// - Returns: A size of 0 at time 0 for one that can't be looked up.
    init(_ name: String, path: String) {
        self.init(name, FileStamp(of: path) ?? FileStamp(byteCount: 0, modified: 0))
    }

    /// The tars among some names, as files of a folder.
    static func shards(in folder: String, names: [String]) -> [ShardFile] {
        names.filter(ShardName.isShard).map { ShardFile($0, path: folder + "/" + $0) }
    }

    /// The same name with another size and time.
    func with(_ stamp: FileStamp) -> ShardFile { ShardFile(name, stamp) }
}
