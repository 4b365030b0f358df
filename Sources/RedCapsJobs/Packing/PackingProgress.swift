public import RedCapsBase

extension Packing {
    /// How far a run is.
    public struct Progress: Sendable, Equatable {
        /// What a run does, one after the other.
        public enum Stage: Sendable {
            /// Compressed tars are decompressed.
            case decompressing
            /// The files are found and sorted; `totalFiles` grows.
            case listing
            /// The shards are written.
            case writing
            /// The manifest is written.
            case finishing
        }

        /// What the run is doing.
        public internal(set) var stage = Stage.listing
        /// Bytes that were decompressed from inputs.
        public internal(set) var decompressedBytes: UInt64 = 0
        /// Files that are packed, those of kept shards included.
        public internal(set) var files = 0
        /// The files to be packed, as far as they are known.
        public internal(set) var totalFiles = 0
        /// Bytes of files that are packed.
        public internal(set) var bytes: UInt64 = 0
        /// Bytes of the files to be packed; 0 before all are known.
        public internal(set) var totalBytes: UInt64 = 0
        /// Shards that are whole, kept ones included.
        public internal(set) var shards = 0
        /// Shards to be written; 0 before that is known.
        public internal(set) var totalShards = 0
        /// Shards that an earlier run had written.
        public internal(set) var kept = 0
    }

    /// What a run has done.
    public struct Report: Sendable, Equatable {
        /// Shards that the folder holds now.
        public let shards: Int
        /// Samples: groups of files with one key.
        public let samples: Int
        /// Files in all shards, whether an image, an annotation or another.
        public let files: Int
        /// Bytes of these files, without headers and padding.
        public let bytes: UInt64
        /// Samples that lack an image or its annotation; they are packed, but not listed.
        public let unpaired: Int
        /// A file of the first of these.
        public let firstUnpaired: String?
        /// Images with an annotation, which are listed.
        public let listed: Int
        /// Shards that an earlier run had written.
        public let kept: Int
        /// Members of old tars that a later one of the same path replaced.
        public let replaced: Int
        /// Files of old tars whose names have no folder and begin anew in each tar, and which therefore
        /// were packed below their tar's name: `0000.jpg` of `data_3.tar` as `data_3/0000.jpg`.
        public let belowShardNames: Int
        /// What isn't as it should be in old tars, though nothing is known to be lost: no end marker, or
        /// another archive behind it, whose members are packed, too.
        public let warnings: [StoreError]
        /// Links to folders in a tree, which aren't followed.
        public let skippedLinks: Int
        /// The path of the first of these links.
        public let firstSkippedLink: String?
        /// Hidden files, and hidden folders of a tree, which aren't packed.
        public let hidden: Int
        /// The path of the first of these.
        public let firstHidden: String?
    }
}
