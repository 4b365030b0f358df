import RedCapsBase

/// The bytes of a shard, wherever it lies.
protocol ByteSource: AnyObject {
    /// The shard as messages name it.
    var path: String { get }
    /// How many bytes to ask for at least, where there are so many: what a header is likely to be
    /// followed by.
    var readAhead: Int { get }

    /// Reads at an offset until the buffer is full or the shard ends.
    /// - Returns: The number of bytes read.
    func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int
}

extension OpenFile: ByteSource {
    /// Enough for a small annotation and the header after it; more would mostly copy bytes of images.
    var readAhead: Int { 2048 }
}

/// A shard that is read by ranges: whoever has the bytes is asked for each.
final class RangeSource: ByteSource {
    typealias Read = (_ range: Range<UInt64>) throws(StoreError) -> [UInt8]

    let path: String
    /// A request costs more than the bytes that it brings.
    let readAhead = 1 << 18
    private let byteCount: UInt64
    private let ask: Read

    init(_ path: String, byteCount: UInt64, _ ask: @escaping Read) {
        (self.path, self.byteCount, self.ask) = (path, byteCount, ask)
    }

    func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int {
        let end = min(offset + UInt64(buffer.count), byteCount)
        guard offset < end else { return 0 }
        let bytes = try ask(offset..<end)
        let count = min(bytes.count, buffer.count)
        unsafe buffer.copyBytes(from: bytes.prefix(count))
        return count
    }
}
