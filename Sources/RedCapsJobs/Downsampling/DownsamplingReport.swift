public import RedCapsBase

extension Downsampling {
    /// An image that couldn't be decoded.
    public struct BrokenImage: Sendable, Equatable, CustomStringConvertible {
        /// The file, or the shard, relative to the input.
        public let file: String
        /// The member of the shard; `nil` for a file of its own.
        public let member: String?
        /// Why the decoder refused it, in one line.
        public let reason: String

        /// `00123.tar!00123/x.jpg: reason`, or without a shard `x.jpg: reason`.
        public var description: String {
            "\(file)\(member.map { "!\($0)" } ?? ""): \(reason)"
        }
    }

    /// What a run has come to. Shards that earlier runs had written count as if this one had; files
    /// that earlier runs had written only count among `kept`.
    public struct Report: Sendable, Equatable {
        /// Images that were seen, the broken ones included.
        public internal(set) var images = 0
        /// Of these, the ones that were written anew.
        public internal(set) var downsampled = 0
        /// The ones that stayed as they are, byte by byte.
        public internal(set) var untouched = 0
        /// Other files and members, which were copied.
        public internal(set) var others = 0
        /// Images that couldn't be decoded, in the order in which they come.
        public internal(set) var broken: [BrokenImage] = []
        /// What isn't as it should be in shards, though nothing is known to be lost: no end marker, or
        /// another archive behind it, whose images are downsampled, too.
        public internal(set) var warnings: [StoreError] = []
        /// Shards that are whole, those of earlier runs included.
        public internal(set) var shards = 0
        /// Shards and files that an earlier run had written.
        public internal(set) var kept = 0
        /// Bytes of the files and members that were read.
        public internal(set) var bytesRead: UInt64 = 0
        /// Bytes of those that were written.
        public internal(set) var bytesWritten: UInt64 = 0
    }

    /// How far a run is.
    public struct Progress: Sendable, Equatable {
        /// What it has come to so far.
        public internal(set) var report = Report()
        /// Bytes of the input's files that belong to the share.
        public internal(set) var totalBytes: UInt64 = 0
        /// Bytes of the input that are done with, those of earlier runs included.
        public internal(set) var doneBytes: UInt64 = 0
    }
}
