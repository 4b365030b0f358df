import RedCapsBase

/// Writes a file of checked blocks: all sections grow at the same time, each in its own extents.
final class BlockFileWriter {
    private let file: BlockOutput
    private let kind: BlockFormat.Kind
    private var sections: [Growing]
    private var nextBlock: UInt64 = 1
    private var identity: UInt64 = 0

    /// A section and the blocks of it that aren't written yet.
    private struct Growing {
        var section: BlockFormat.Section
        var blocks: [UInt8] = []
        /// Bytes of the last block that are taken.
        var filled = BlockFormat.payloadSize
    }

    /// Begins a file.
    /// - Parameters:
    ///   - path: Where; a file that is there is emptied.
    ///   - recordSizes: Of each section, 1 for a run of bytes.
    init(_ path: String, _ kind: BlockFormat.Kind, recordSizes: [Int]) throws(StoreError) {
        file = try BlockOutput(path)
        self.kind = kind
        sections = recordSizes.map { Growing(section: BlockFormat.Section(recordSize: $0)) }
    }

    /// Records that a section has so far.
    func count(_ section: Int) -> UInt64 { sections[section].section.count }

    /// Appends whole records.
    func append(_ section: Int, _ records: UnsafeRawBufferPointer) throws(StoreError) {
        let size = sections[section].section.recordSize
        let perBlock = BlockFormat.payloadSize / size * size
        sections[section].section.count += UInt64(records.count / size)
        var done = 0
        while done < records.count {
            if sections[section].filled >= perBlock { try addBlock(section) }
            let filled = sections[section].filled
            let count = min(perBlock - filled, records.count - done)
            let start = sections[section].blocks.count - BlockFormat.blockSize + filled
            unsafe sections[section].blocks.withUnsafeMutableBytes { blocks in
                let target = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: blocks[start..<(start + count)])
                unsafe target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: records[done..<(done + count)]))
            }
            sections[section].filled += count
            done += count
        }
    }

    /// Appends whole records.
    func append(_ section: Int, _ records: [UInt8]) throws(StoreError) {
        var failure: StoreError?
        unsafe records.withUnsafeBytes { bytes in
            do throws(StoreError) { unsafe try append(section, bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func addBlock(_ section: Int) throws(StoreError) {
        if sections[section].blocks.count == BlockFormat.extentBlocks * BlockFormat.blockSize {
            try writeExtent(section)
        }
        sections[section].blocks.append(
            contentsOf: repeatElement(0, count: BlockFormat.blockSize))
        sections[section].filled = 0
    }

    private func writeExtent(_ section: Int) throws(StoreError) {
        sections[section].section.extents.append(nextBlock)
        try write(&sections[section].blocks)
        sections[section].blocks.removeAll(keepingCapacity: true)
    }

    /// Writes blocks at the end of the file, each with its checksum.
    private func write(_ blocks: inout [UInt8]) throws(StoreError) {
        let size = BlockFormat.blockSize
        var failure: StoreError?
        unsafe blocks.withUnsafeMutableBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: size) {
                let block = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: bytes[start..<(start + size)])
                unsafe seal(block, nextBlock)
                nextBlock += 1
            }
            let offset = (nextBlock - UInt64(bytes.count / size)) * UInt64(size)
            do throws(StoreError) {
                unsafe try file.write(UnsafeRawBufferPointer(bytes), at: offset)
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func seal(_ block: UnsafeMutableRawBufferPointer, _ number: UInt64) {
        let payload = unsafe UnsafeRawBufferPointer(rebasing: block[..<BlockFormat.payloadSize])
        var checksum = unsafe BlockFormat.checksum(payload, block: number).littleEndian
        unsafe withUnsafeBytes(of: &checksum) { bytes in
            identity = unsafe XXH64.hash(bytes, seed: identity)
            unsafe UnsafeMutableRawBufferPointer(rebasing: block[BlockFormat.payloadSize...])
                .copyMemory(from: bytes)
        }
    }

    /// Writes what is left, the table of extents and the header.
    /// - Parameter isKept: Whether to bring it all to the disk; a file that nobody opens again
    ///   needn't survive a crash.
    /// - Returns: What tells this file's content from any other.
    func finish(isKept: Bool = true) throws(StoreError) -> UInt64 {
        var table = PackedBytes()
        for section in sections.indices {
            if !sections[section].blocks.isEmpty { try writeExtent(section) }
            for extent in sections[section].section.extents { table.append(extent, width: 8) }
        }
        let tableStart = nextBlock
        var blocks: [UInt8] = []
        var rest = table.bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(BlockFormat.payloadSize)
            blocks.append(contentsOf: part)
            blocks.append(
                contentsOf: repeatElement(0, count: BlockFormat.blockSize - part.count))
            rest = rest.dropFirst(part.count)
        }
        try write(&blocks)
        let identity = identity
        var header = PackedBytes()
        header.append(BlockFormat.magic)
        header.append(UInt64(BlockFormat.version), width: 4)
        header.append(UInt64(kind.rawValue), width: 4)
        header.append(UInt64(BlockFormat.blockSize), width: 4)
        header.append(UInt64(sections.count), width: 4)
        header.append(nextBlock, width: 8)
        header.append(identity, width: 8)
        header.append(tableStart, width: 8)
        for growing in sections {
            header.append(UInt64(growing.section.recordSize), width: 4)
            header.append(growing.section.count, width: 8)
        }
        var block =
            header.bytes + repeatElement(0, count: BlockFormat.blockSize - header.bytes.count)
        nextBlock = 0
        try write(&block)
        if isKept { try file.finish() }
        return identity
    }
}
