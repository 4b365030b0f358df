import RedCapsBase

/// A file of checked blocks, read in place: what is asked for is fetched with `pread` and checked,
/// and nothing is kept, so that memory doesn't grow with the file.
final class BlockFile: Sendable {
    let path: String
    /// What tells this file's content from any other.
    let identity: UInt64
    let byteCount: UInt64
    private let file: OpenFile
    private let sections: [BlockFormat.Section]
    private let blockCount: UInt64

    /// Opens a file and checks its header and its table of extents.
    /// - Throws: `StoreError` with `damagedIndex` if it isn't such a file, whole and of this version.
    init(_ path: String, _ kind: BlockFormat.Kind, recordSizes: [Int]) throws(StoreError) {
        let file = try OpenFile(path)
        let byteCount = try file.size()
        let size = UInt64(BlockFormat.blockSize)
        func damaged(_ reason: String) -> StoreError { .damagedIndex(path, reason) }
        guard byteCount >= size, byteCount % size == 0 else {
            throw damaged("\(byteCount) bytes aren't whole blocks")
        }
        var header = PackedReader(try Self.payload(file, block: 0))
        guard header.text() == BlockFormat.magic else { throw damaged("no index") }
        guard let version = header.number(4), version == UInt64(BlockFormat.version) else {
            throw damaged("another version of the format")
        }
        guard header.number(4) == UInt64(kind.rawValue), header.number(4) == size,
            header.number(4) == UInt64(recordSizes.count), let blockCount = header.number(8),
            let identity = header.number(8), let tableStart = header.number(8),
            blockCount == byteCount / size, tableStart <= blockCount
        else { throw damaged("another kind of file, or cut") }
        var sections: [BlockFormat.Section] = []
        for recordSize in recordSizes {
            guard header.number(4) == UInt64(recordSize), let count = header.number(8),
                count <= byteCount
            else { throw damaged("sections that don't fit") }
            sections.append(BlockFormat.Section(recordSize: recordSize, count: count))
        }
        var table: [UInt8] = []
        for block in tableStart..<blockCount { table += try Self.payload(file, block: block) }
        var extents = PackedReader(table)
        for section in sections.indices {
            var left = sections[section].blockCount
            while left > 0 {
                let here = min(left, UInt64(BlockFormat.extentBlocks))
                guard let first = extents.number(8), first > 0, first <= tableStart,
                    here <= tableStart - first
                else { throw damaged("an extent outside of the file") }
                sections[section].extents.append(first)
                left -= here
            }
        }
        self.path = path
        self.identity = identity
        self.byteCount = byteCount
        self.file = file
        self.sections = sections
        self.blockCount = blockCount
    }

    /// Records of a section.
    func count(_ section: Int) -> UInt64 { sections[section].count }

    /// Lends a record: `recordSize` bytes.
    /// - Throws: `StoreError` if it can't be read or its block is damaged.
    func withRecord<Result>(
        _ section: Int, _ record: UInt64, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(StoreError) -> Result {
        let layout = sections[section]
        guard record < layout.count else {
            throw .damagedIndex(path, "record \(record) of \(layout.count)")
        }
        return unsafe try withBlock(section, record / layout.recordsPerBlock) { payload in
            let start = Int(record % layout.recordsPerBlock) * layout.recordSize
            return unsafe body(
                UnsafeRawBufferPointer(rebasing: payload[start..<(start + layout.recordSize)]))
        }
    }

    /// Lends a record: `recordSize` bytes of a block that may have been read before.
    /// - Throws: `StoreError` if it can't be read or its block is damaged.
    func withRecord<Result>(
        _ section: Int, _ record: UInt64, _ memo: BlockMemo,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(StoreError) -> Result {
        let layout = sections[section]
        guard record < layout.count else {
            throw .damagedIndex(path, "record \(record) of \(layout.count)")
        }
        let block = layout.fileBlock(record / layout.recordsPerBlock)
        return unsafe try memo.withBlock(block, of: self) { payload in
            let start = Int(record % layout.recordsPerBlock) * layout.recordSize
            return unsafe body(
                UnsafeRawBufferPointer(rebasing: payload[start..<(start + layout.recordSize)]))
        }
    }

    /// Copies a piece of a run of bytes, of blocks that may have been read before.
    func bytes(
        _ section: Int, at offset: UInt64, count: Int, _ memo: BlockMemo
    ) throws(StoreError) -> [UInt8] {
        guard offset <= sections[section].count, UInt64(count) <= sections[section].count - offset
        else { throw .damagedIndex(path, "\(count) bytes at \(offset), outside of the section") }
        let payloadSize = UInt64(BlockFormat.payloadSize)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let position = offset + UInt64(bytes.count)
            let start = Int(position % payloadSize)
            let part = min(count - bytes.count, BlockFormat.payloadSize - start)
            let block = sections[section].fileBlock(position / payloadSize)
            unsafe try memo.withBlock(block, of: self) { payload in
                unsafe bytes.append(contentsOf: payload[start..<(start + part)])
            }
        }
        return bytes
    }

    /// Lends a block of a section, with as many records as fit.
    func withBlock<Result>(
        _ section: Int, _ block: UInt64, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(StoreError) -> Result {
        let number = sections[section].fileBlock(block)
        var outcome: Swift.Result<Result, StoreError>?
        unsafe withUnsafeTemporaryAllocation(byteCount: BlockFormat.blockSize, alignment: 16) {
            buffer in
            do throws(StoreError) {
                unsafe try read(blocks: number, into: buffer)
                outcome = unsafe .success(
                    body(
                        UnsafeRawBufferPointer(rebasing: buffer[..<BlockFormat.payloadSize])))
            } catch { outcome = .failure(error) }
        }
        guard let outcome else { throw .damagedIndex(path, "unread") }
        return try outcome.get()
    }

    /// Copies a piece of a run of bytes.
    func bytes(_ section: Int, at offset: UInt64, count: Int) throws(StoreError) -> [UInt8] {
        guard offset <= sections[section].count, UInt64(count) <= sections[section].count - offset
        else { throw .damagedIndex(path, "\(count) bytes at \(offset), outside of the section") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let position = offset + UInt64(bytes.count)
            let start = Int(position % UInt64(BlockFormat.payloadSize))
            let part = min(count - bytes.count, BlockFormat.payloadSize - start)
            unsafe try withBlock(section, position / UInt64(BlockFormat.payloadSize)) { payload in
                unsafe bytes.append(contentsOf: payload[start..<(start + part)])
            }
        }
        return bytes
    }

    /// Reads every block and compares it with its checksum.
    func checkAllBlocks(isCancelled: () -> Bool = { false }) throws(StoreError) {
        let step = UInt64(BlockFormat.extentBlocks)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: BlockFormat.extentBlocks * BlockFormat.blockSize, alignment: 16)
        defer { unsafe buffer.deallocate() }
        for start in stride(from: 0, to: blockCount, by: Int(step)) where !isCancelled() {
            let count = Int(min(step, blockCount - start)) * BlockFormat.blockSize
            unsafe try read(
                blocks: start, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// A reader that goes through a section from front to back.
    func cursor(_ section: Int) -> SectionCursor {
        SectionCursor(self, section, sections[section])
    }

    /// Reads blocks that lie side by side, and checks each.
    func read(blocks first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) {
        let size = BlockFormat.blockSize
        let count = unsafe try file.read(at: first * UInt64(size), into: buffer)
        guard count == buffer.count else {
            throw .damagedIndex(path, "cut while in use", at: first * UInt64(size))
        }
        for start in stride(from: 0, to: buffer.count, by: size) {
            let number = first + UInt64(start / size)
            let block = unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<(start + size)])
            try unsafe Self.check(block, number, path)
        }
    }

    private static func check(
        _ block: UnsafeRawBufferPointer, _ number: UInt64, _ path: String
    ) throws(StoreError) {
        let payload = unsafe UnsafeRawBufferPointer(rebasing: block[..<BlockFormat.payloadSize])
        let stored = unsafe block.number(at: BlockFormat.payloadSize, width: 8)
        guard unsafe BlockFormat.checksum(payload, block: number) == stored else {
            throw .damagedIndex(
                path, "a block doesn't fit its checksum",
                at: number * UInt64(BlockFormat.blockSize))
        }
    }

    private static func payload(_ file: OpenFile, block: UInt64) throws(StoreError) -> [UInt8] {
        let size = BlockFormat.blockSize
        let bytes = try file.bytes(at: block * UInt64(size), count: size)
        guard bytes.count == size else { throw .damagedIndex(file.path, "cut") }
        var failure: StoreError?
        unsafe bytes.withUnsafeBytes { bytes in
            do throws(StoreError) { unsafe try check(bytes, block, file.path) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return Array(bytes[..<BlockFormat.payloadSize])
    }
}

extension StoreError {
    /// An index file that can't be trusted.
    static func damagedIndex(_ path: String, _ reason: String, at offset: UInt64? = nil) -> Self {
        StoreError(
            .damagedIndex, file: path, byteOffset: offset,
            reason: "not a sound index (\(reason)); `redcaps index --rebuild` makes it anew")
    }
}
