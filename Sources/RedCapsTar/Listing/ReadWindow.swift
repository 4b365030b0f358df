import RedCapsBase

/// Reads small pieces of a file through a window, so that neighbouring headers cost one read.
@safe struct ReadWindow: ~Copyable {
    let size: UInt64
    private let file: any ByteSource
    private var memory: UnsafeMutableRawBufferPointer
    /// The range of the file that the memory holds.
    private var held: Range<UInt64> = 0..<0
    /// What the last move has led to.
    private var current = 0..<0

    init(_ file: any ByteSource, size: UInt64) {
        self.file = file
        self.size = size
        unsafe memory = .allocate(byteCount: file.readAhead, alignment: 16)
    }

    deinit { unsafe memory.deallocate() }

    /// The bytes at the place that the window was moved to, until it is moved again.
    var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: memory[current])
    }

    /// Moves the window.
    /// - Returns: Whether the file has `count` bytes there.
    mutating func move(to offset: UInt64, count: Int) throws(StoreError) -> Bool {
        guard offset <= size, size - offset >= UInt64(count) else { return false }
        if offset < held.lowerBound || offset + UInt64(count) > held.upperBound {
            if unsafe count > memory.count {
                // Bounded by the file's length, which is checked above.
                unsafe memory.deallocate()
                unsafe memory = .allocate(byteCount: count + file.readAhead, alignment: 16)
            }
            held = 0..<0
            let wanted = min(max(count, file.readAhead), Int(clamping: size - offset))
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted])
            let read = unsafe try file.read(at: offset, into: target)
            held = offset..<(offset + UInt64(read))
            guard read >= count else { return false }
        }
        let start = Int(offset - held.lowerBound)
        current = start..<(start + count)
        return true
    }
}
