import RedCapsBase

/// What all files of an index have in common: blocks of 4096 bytes, the last eight of which are a
/// checksum. `Docs/IndexFormat.md` describes every byte.
enum BlockFormat {
    /// Bytes of a block on disk.
    static let blockSize = 4096
    /// Bytes of a block before its checksum.
    static let payloadSize = 4088
    /// Blocks of a section that lie side by side in the file.
    static let extentBlocks = 256
    static let magic = Array("REDCAPSI".utf8)
    static let version: UInt32 = 1

    /// What a file holds; the wrong one in the place of another is noticed.
    enum Kind: UInt32 {
        case members = 1
        case shards = 2
        case entries = 3
        /// Entries whose files were located by stores.
        case locations = 4
    }

    /// One row of records or one run of bytes within a file.
    struct Section: Sendable {
        /// Bytes of a record; records never straddle blocks. 1 for a run of bytes.
        let recordSize: Int
        /// How many records there are.
        var count: UInt64 = 0
        /// The first block of each extent.
        var extents: [UInt64] = []

        var recordsPerBlock: UInt64 { UInt64(payloadSize / recordSize) }
        var blockCount: UInt64 { (count + recordsPerBlock - 1) / recordsPerBlock }

        /// Where in the file a block of the section lies.
        func fileBlock(_ block: UInt64) -> UInt64 {
            extents[Int(block) / extentBlocks] + block % UInt64(extentBlocks)
        }
    }

    /// The checksum of a block, which also tells that it lies where it belongs.
    static func checksum(_ payload: UnsafeRawBufferPointer, block: UInt64) -> UInt64 {
        unsafe XXH64.hash(payload, seed: block)
    }
}
