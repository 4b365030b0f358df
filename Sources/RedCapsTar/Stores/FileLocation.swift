/// Where a file lies in the store that located it: a range of one of its shards, or under a key.
public struct FileLocation: Sendable, Hashable {
    /// The number in place of a shard's for files that lie in none.
    package static let noShard = UInt32.max

    /// The shard's number, or `noShard`. A layered store counts the shards of all its layers.
    package var shardNumber: UInt32
    /// Where in the shard its bytes begin; 0 under a key.
    public let offset: UInt64
    /// How many bytes it has; 0 under a key, which says nothing of them.
    public let size: UInt64
    /// The key, for a file that was located by one.
    public let key: String?

    /// A range of a shard.
    /// - Parameters:
    ///   - shard: The shard's place in what the store's `shards()` gives, in `0 ..< 2^32 - 1`; any
    ///     other number leads nowhere.
    ///   - offset: Where its bytes begin, from the shard's start.
    ///   - size: How many there are.
    public init(shard: Int, offset: UInt64, size: UInt64) {
        self.init(UInt32(exactly: shard) ?? Self.noShard, offset, size)
    }

    /// A file of its own, or an object, under a key that means something to the store.
    public init(key: String) {
        (shardNumber, offset, size, self.key) = (Self.noShard, 0, 0, key)
    }

    package init(_ shardNumber: UInt32, _ offset: UInt64, _ size: UInt64) {
        (self.shardNumber, self.offset, self.size, key) = (shardNumber, offset, size, nil)
    }

    /// The shard's place in what the store's `shards()` gives; `nil` for a file that lies in none.
    public var shard: Int? { shardNumber == Self.noShard ? nil : Int(shardNumber) }
}

/// The most bytes that one file may have; more is a sign of a damaged header or a wrong path.
let maximumFileSize: UInt64 = 1 << 31
