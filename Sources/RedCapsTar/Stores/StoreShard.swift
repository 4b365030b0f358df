import RedCapsBase

/// A shard of a store, and what tells it from another one of the same name: an index is kept for as
/// long as a store's shards stay the same.
public struct StoreShard: Sendable, Hashable {
    /// What tells one version of a shard from another.
    public enum Version: Sendable, Hashable {
        /// When it was changed last, in nanoseconds since 1970.
        case modified(Int64)
        /// A hash of its content, an ETag, or whatever else its keeper names a version by.
        case tag(String)
        /// Nobody can tell it: an index isn't kept for other processes then.
        case unknown
    }

    /// The name, for people and as a part of its identity.
    public let name: String
    /// The length in bytes.
    public let byteCount: UInt64
    /// Its version.
    public let version: Version

    /// Describes a shard.
    public init(name: String, byteCount: UInt64, version: Version) {
        (self.name, self.byteCount, self.version) = (name, byteCount, version)
    }
}

extension Collection<StoreShard> {
    /// A number for these shards in this order, names, lengths and versions, never 0; `nil` if there
    /// are none or a version isn't known.
    var identity: UInt64? {
        if isEmpty { return nil }
        var bytes = PackedBytes()
        for shard in self {
            bytes.append(shard.name)
            bytes.append(shard.byteCount, width: 8)
            switch shard.version {
            case .modified(let time):
                bytes.append(0, width: 1)
                bytes.append(UInt64(bitPattern: time), width: 8)
            case .tag(let tag):
                bytes.append(1, width: 1)
                bytes.append(tag)
            case .unknown: return nil
            }
        }
        return Swift.max(1, XXH64.hash(bytes.bytes))
    }
}
