import RedCapsBase

/// What the names of shards say. This is the one place where shards are told from other files: by
/// the end of their names, in any case, so that what is packed, downsampled or unpacked is also
/// loaded.
package enum ShardName {
    /// The plain one first.
    package static let suffixes = [
        ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2",
    ]

    /// Whether a file's name is that of a tar, plain or compressed. Hidden files aren't shards.
    package static func isShard(_ name: String) -> Bool {
        !HiddenName.isHidden(name.utf8) && suffix(of: name) != nil
    }

    /// Whether a file's name, or its path, is that of a plain tar.
    package static func isPlain(_ name: String) -> Bool { suffix(of: name) == suffixes[0] }

    /// Whether a file's name, or its path, is that of a compressed tar.
    package static func isCompressed(_ name: String) -> Bool {
        suffix(of: name).map { $0 != suffixes[0] } ?? false
    }

    /// The name of a shard without what tells that it is one.
    package static func stem(_ name: String) -> String {
        suffix(of: name).map { String(name.utf8.dropLast($0.utf8.count)) ?? name } ?? name
    }

    private static func suffix(of name: String) -> String? {
        let end = name.utf8.suffix(8).map { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
        }
        return suffixes.first { end.reversed().starts(with: $0.utf8.reversed()) }
    }
}
