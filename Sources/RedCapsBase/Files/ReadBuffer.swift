/// Memory that a reader fills again and again; it grows to the largest file it has held. Beyond
/// 640 KiB it shrinks again with a file of less than half its size, so that a few large files don't leave
/// every buffer of a long run at theirs.
///
/// Give every thread its own. Reading into it costs no allocation once it is large enough.
@safe public struct ReadBuffer: ~Copyable {
    private static let keptSize = 640 << 10
    private static let mappedSize = 128 << 10

    private var memory: UnsafeMutableRawBufferPointer
    /// Whether `memory` is a map of its own: `malloc` might keep such blocks when they are freed.
    private var isMapped = false
    /// How many of its bytes the last read filled.
    public private(set) var count = 0

    /// Makes an empty buffer.
    public init() {
        unsafe memory = .init(start: nil, count: 0)
    }

    deinit { unsafe Self.free(memory, isMapped: isMapped) }

    /// Lends the bytes of the last read.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let filled = unsafe UnsafeRawBufferPointer(rebasing: memory[..<count])
        let bytes = unsafe filled.assumingMemoryBound(to: UInt8.self)
        return unsafe try body(bytes.span)
    }

    /// Makes room for `size` bytes, lets `body` fill them and keeps as many as it says.
    package mutating func fill<Failure: Error>(
        _ size: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        if unsafe size > memory.count || memory.count > Self.keptSize && size < memory.count / 2 {
            unsafe Self.free(memory, isMapped: isMapped)
            unsafe (memory, isMapped) = Self.allocate(size)
        }
        count = 0
        count = unsafe try body(UnsafeMutableRawBufferPointer(rebasing: memory[..<size]))
    }

    /// Makes room for `count` bytes, replacing what the buffer held, and lets `body` write them.
    /// - Parameters:
    ///   - count: How many bytes there is room for, 0 ... 2^31.
    ///   - body: Writes from the start, and says how many it has written.
    /// - Throws: `StoreError` with `tooLarge` for any other count, and what `body` throws.
    public mutating func fill(
        count: Int, with body: (inout MutableRawSpan) throws(StoreError) -> Int
    ) throws(StoreError) {
        guard (0...1 << 31).contains(count) else {
            throw StoreError(
                .tooLarge, file: "a buffer", reason: "\(count) bytes, not 0 to \(1 << 31)")
        }
        unsafe try fill(count) { (target) throws(StoreError) in
            var bytes = unsafe target.mutableBytes
            return min(max(0, try body(&bytes)), count)
        }
    }

    private static func allocate(
        _ size: Int
    ) -> (memory: UnsafeMutableRawBufferPointer, isMapped: Bool) {
        // A little more than asked, so that slowly growing files don't reallocate each time.
        let size = size + size / 4 + 4096
        if size > mappedSize {
            let map = unsafe mmap(
                nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
            if unsafe map != MAP_FAILED {
                return unsafe (UnsafeMutableRawBufferPointer(start: map, count: size), true)
            }
        }
        return (.allocate(byteCount: size, alignment: 64), false)
    }

    private static func free(_ memory: UnsafeMutableRawBufferPointer, isMapped: Bool) {
        if isMapped {
            unsafe _ = munmap(memory.baseAddress, memory.count)
        } else {
            unsafe memory.deallocate()
        }
    }

    /// A copy of the bytes of the last read.
    public func copy() -> [UInt8] {
        unsafe Array(memory[..<count])
    }

    /// Fills the buffer with a copy of `bytes`.
    public mutating func copy(_ bytes: [UInt8]) {
        unsafe fill(bytes.count) { target in
            unsafe target.copyBytes(from: bytes)
            return bytes.count
        }
    }

    /// Fills the buffer with a part of a file.
    /// - Throws: `truncated` if the file ends before.
    package mutating func read(
        _ file: OpenFile, at offset: UInt64, count: Int
    ) throws(StoreError) {
        unsafe try fill(count) { (target) throws(StoreError) in
            unsafe try file.read(at: offset, into: target)
        }
        guard self.count == count else {
            throw StoreError(
                .truncated, file: file.path, byteOffset: offset + UInt64(self.count),
                reason: "ends here, \(count - self.count) bytes early")
        }
    }
}
