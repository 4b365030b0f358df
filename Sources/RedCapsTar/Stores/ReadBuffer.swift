/// Memory that a reader fills again and again; it grows to the largest file it has held.
///
/// Give every thread its own. Reading into it costs no allocation once it is large enough.
@safe public struct ReadBuffer: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    /// How many of its bytes the last read filled.
    public private(set) var count = 0

    /// Makes an empty buffer.
    public init() {
        unsafe memory = .init(start: nil, count: 0)
    }

    deinit { unsafe memory.deallocate() }

    /// Lends the bytes of the last read.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let filled = unsafe UnsafeRawBufferPointer(rebasing: memory[..<count])
        let bytes = unsafe filled.assumingMemoryBound(to: UInt8.self)
        return unsafe try body(bytes.span)
    }

    /// Makes room for `size` bytes, lets `body` fill them and keeps as many as it says.
    mutating func fill<Failure: Error>(
        _ size: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        if unsafe size > memory.count {
            unsafe memory.deallocate()
            // A little more than asked, so that slowly growing files don't reallocate each time.
            unsafe memory = .allocate(byteCount: size + size / 4 + 4096, alignment: 64)
        }
        count = 0
        count = unsafe try body(UnsafeMutableRawBufferPointer(rebasing: memory[..<size]))
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

extension Span<UInt8> {
    /// A copy of the bytes.
    package func copy() -> [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }
}
