import RedCapsBase

/// Goes through a section of an index from front to back, a megabyte at a time.
@safe struct SectionCursor: ~Copyable {
    private let file: BlockFile
    private let section: BlockFormat.Section
    private let recordSize: Int
    private let buffer: UnsafeMutableRawBufferPointer
    /// The blocks of the section that the buffer holds.
    private var held: Range<UInt64> = 0..<0
    /// The records of the block that was read last, and where in the buffer it begins.
    private var current: Range<UInt64> = 0..<0
    private var currentStart = 0

    init(_ file: BlockFile, _ number: Int, _ section: BlockFormat.Section) {
        self.file = file
        self.section = section
        recordSize = section.recordSize
        unsafe buffer = .allocate(
            byteCount: BlockFormat.extentBlocks * BlockFormat.blockSize, alignment: 16)
    }

    deinit { unsafe buffer.deallocate() }

    var count: UInt64 { section.count }

    /// Lends a record; cheap if it lies in the same extent as the last one.
    mutating func withRecord<Result>(
        _ record: UInt64, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(StoreError) -> Result {
        if !current.contains(record) { try moveTo(blockOf: record) }
        let start = currentStart + Int(record - current.lowerBound) * recordSize
        return unsafe body(
            UnsafeRawBufferPointer(rebasing: buffer[start..<(start + recordSize)]))
    }

    private mutating func moveTo(blockOf record: UInt64) throws(StoreError) {
        guard record < section.count else {
            throw .damagedIndex(file.path, "record \(record) of \(section.count)")
        }
        let block = record / section.recordsPerBlock
        if !held.contains(block) { try load(block) }
        let first = block * section.recordsPerBlock
        current = first..<min(first + section.recordsPerBlock, section.count)
        currentStart = Int(block - held.lowerBound) * BlockFormat.blockSize
    }

    /// Appends a piece of a run of bytes to `bytes`.
    mutating func append(
        _ range: Range<UInt64>, to bytes: inout [UInt8]
    ) throws(StoreError) {
        guard range.upperBound <= section.count else {
            throw .damagedIndex(file.path, "bytes \(range) of \(section.count)")
        }
        var position = range.lowerBound
        let payload = UInt64(BlockFormat.payloadSize)
        while position < range.upperBound {
            let block = position / payload
            if !held.contains(block) { try load(block) }
            let within = position % payload
            let count = min(range.upperBound - position, payload - within)
            let start = Int(block - held.lowerBound) * BlockFormat.blockSize + Int(within)
            unsafe bytes.append(
                contentsOf: UnsafeRawBufferPointer(rebasing: buffer[start..<(start + Int(count))]))
            position += count
        }
    }

    private mutating func load(_ block: UInt64) throws(StoreError) {
        let extent = UInt64(BlockFormat.extentBlocks)
        let first = block / extent * extent
        let end = min(first + extent, section.blockCount)
        (held, current) = (0..<0, 0..<0)
        let size = Int(end - first) * BlockFormat.blockSize
        unsafe try file.read(
            blocks: section.fileBlock(first),
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]))
        held = first..<end
    }
}
