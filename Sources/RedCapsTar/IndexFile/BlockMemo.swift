import RedCapsBase

/// The block of an index that a thread has looked at last: neighbours in it cost no second read.
@safe final class BlockMemo {
    private var block: UnsafeMutableRawBufferPointer
    private var file: BlockFile?
    private var number: UInt64 = 0
    /// How many blocks were read and checked.
    private(set) var blocksRead = 0

    init() { unsafe block = .init(start: nil, count: 0) }

    deinit { unsafe block.deallocate() }

    /// Lends a block, which is read unless it is the one that was asked for last.
    func withBlock<Result>(
        _ number: UInt64, of file: BlockFile, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(StoreError) -> Result {
        if self.file !== file || self.number != number {
            if unsafe block.isEmpty {
                unsafe block = .allocate(byteCount: BlockFormat.blockSize, alignment: 16)
            }
            self.file = nil
            unsafe try file.read(blocks: number, into: block)
            (self.file, self.number) = (file, number)
            blocksRead += 1
        }
        return unsafe body(
            UnsafeRawBufferPointer(rebasing: block[..<BlockFormat.payloadSize]))
    }
}
