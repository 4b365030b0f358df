#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What the file system says of a shard: enough to trust an index without opening the shard.
struct ShardFile: Sendable, Hashable {
    let name: String
    let byteCount: UInt64
    /// When it was changed last, in nanoseconds since 1970.
    let modified: Int64

    /// Looks a file up.
    /// - Returns: A size of 0 at time 0 for one that can't be looked up.
    init(_ name: String, path: String) {
        var status = stat()
        let isThere = unsafe stat(path, &status) == 0
        self.init(name, status: isThere ? status : stat())
    }

    init(_ name: String, status: stat) {
        self.name = name
        byteCount = UInt64(clamping: status.st_size)
        modified = FileTime(modified: status).inNanoseconds
    }

    /// The tars among some names, as files of a folder.
    static func shards(in folder: String, names: [String]) -> [ShardFile] {
        names.filter(isShard).map { ShardFile($0, path: folder + "/" + $0) }
    }

    /// Whether a file's name is that of a tar, plain or compressed.
    static func isShard(_ name: String) -> Bool {
        !name.hasPrefix(".") && suffixes.contains { name.hasSuffix($0) }
    }

    /// The name of a shard without what tells that it is one.
    static func stem(_ name: String) -> String {
        for suffix in suffixes where name.hasSuffix(suffix) {
            return String(name.dropLast(suffix.count))
        }
        return name
    }

    /// The same name with the size and the time of another.
    func with(_ status: ShardFile) -> ShardFile {
        ShardFile(name: name, byteCount: status.byteCount, modified: status.modified)
    }

    private static let suffixes = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2"]
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
