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

/// What the names of shards say.
package enum ShardName {
    /// Whether a file's name is that of a tar, plain or compressed.
    package static func isShard(_ name: String) -> Bool {
        !name.hasPrefix(".") && suffixes.contains { name.hasSuffix($0) }
    }

    /// Whether a file's name is that of a tar that is compressed, in letters of any case.
    package static func isCompressed(_ name: String) -> Bool {
        let name = name.lowercased()
        return suffixes.dropFirst().contains { name.hasSuffix($0) }
    }

    /// The name of a shard without what tells that it is one.
    package static func stem(_ name: String) -> String {
        for suffix in suffixes where name.hasSuffix(suffix) {
            return String(name.dropLast(suffix.count))
        }
        return name
    }

    /// The plain one first.
    package static let suffixes = [
        ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2",
    ]
}

extension OpenFile {
    /// A hash of the file's length and of 64 blocks that are spread evenly over it, the first and
    /// the last among them. It tells a copy from another file without reading it all.
    func fingerprint(byteCount: UInt64) throws(StoreError) -> UInt64 {
        let samples: UInt64 = 64
        let size: UInt64 = 4096
        var hash = XXH64.hash([], seed: byteCount)
        if byteCount <= samples * size {
            return XXH64.hash(try bytes(at: 0, count: Int(byteCount)), seed: hash)
        }
        for sample in 0..<samples {
            // Exact for all lengths: quotient and remainder apart.
            let room = byteCount - size
            let offset =
                room / (samples - 1) * sample + room % (samples - 1) * sample / (samples - 1)
            hash = XXH64.hash(try bytes(at: offset, count: Int(size)), seed: hash)
        }
        return hash
    }
}
