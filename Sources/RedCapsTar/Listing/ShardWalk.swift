import RedCapsBase

/// Walks through a whole shard: also through what lies behind its first end marker, be it another
/// archive that was joined to it or what follows a hole that an unfinished download has left.
///
/// What lies behind zeros is believed if its headers chain to an end marker or to the end of the file.
struct ShardWalk: ~Copyable {
    private let file: any ByteSource
    private let size: UInt64
    private let cancellation: Cancellation?
    private var walk: HeaderWalk
    private(set) var ending = ShardEnding()
    var members: TarMembers { walk.members }

    init(_ file: any ByteSource, size: UInt64, _ cancellation: Cancellation?) {
        (self.file, self.size, self.cancellation) = (file, size, cancellation)
        walk = HeaderWalk(file, size: size, cancellation)
    }

    /// Walks to the end.
    mutating func run() -> HeaderWalk.Outcome {
        let first = walk.run(from: 0)
        if case .failed = first, !walk.end.hasMarker { return first }
        if case .unknown = first { return first }
        do throws(StoreError) {
            while walk.end.hasMarker, try goOn() {}
            guard ending.losses.isEmpty else { return .complete }
            return first
        } catch {
            return .failed(error)
        }
    }

    /// Where the members end, of a complete walk.
    var end: ShardListing.End { walk.end }

    /// Goes on behind zeros.
    /// - Returns: Whether there was something to be walked through.
    private mutating func goOn() throws(StoreError) -> Bool {
        let zeros = walk.end.offset
        guard let byte = try firstByte(after: zeros) else {
            if zeros < size { ending.add(lastZeros: zeros..<size) }
            return false
        }
        let block = byte / UInt64(TarHeader.size) * UInt64(TarHeader.size)
        let (isAfterMember, last) = (!walk.endsInExtension, walk.end)
        guard let start = try continuation(from: block) else {
            // At the end that there was, of which the walk has moved away.
            walk.end = last
            ending.losses.append(
                ShardEnding.Loss(isAfterMember ? byte..<size : zeros..<size, .trailing))
            return false
        }
        ending.add(zeros: zeros..<start, mayBePadding: isAfterMember && start == block)
        return true
    }

    /// Looks for the next header from which a chain of them leads to an end, and follows it.
    private mutating func continuation(from first: UInt64) throws(StoreError) -> UInt64? {
        let count = walk.members.count
        var offset = first
        while let header = try nextHeader(from: offset) {
            if case .complete = walk.run(from: header) { return header }
            try cancellation?.check(file.path)
            walk.forget(from: count)
            // Of a chain that leads nowhere no part leads anywhere, so that the way is never gone
            // again, however many chains there are.
            offset = max(header, walk.position) + UInt64(TarHeader.size)
        }
        return nil
    }

    // MARK: Bytes

    private func firstByte(after offset: UInt64) throws(StoreError) -> UInt64? {
        unsafe try search(from: offset) { bytes in
            unsafe bytes.firstIndex { $0 != 0 }
        }
    }

    private func nextHeader(from offset: UInt64) throws(StoreError) -> UInt64? {
        unsafe try search(from: offset) { bytes in
            var start = 0
            while start + TarHeader.size <= bytes.count {
                let block = unsafe UnsafeRawBufferPointer(
                    rebasing: bytes[start..<(start + TarHeader.size)])
                // Any header has a name, or a type; a block of zeros has neither.
                if unsafe block[0] != 0 || block[156] != 0, unsafe TarHeader(block) != nil {
                    return start
                }
                start += TarHeader.size
            }
            return nil
        }
    }

    /// Reads on from an offset until something is found in a piece, which is a whole number of blocks
    /// unless the file ends in it.
    private func search(
        from offset: UInt64, _ find: (UnsafeRawBufferPointer) -> Int?
    ) throws(StoreError) -> UInt64? {
        let piece = 1 << 18
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var position = offset
        while position < size {
            try cancellation?.check(file.path)
            // A little at first: mostly there is nothing but a few blocks of padding.
            let wanted = min(position == offset ? 1 << 14 : piece, Int(clamping: size - position))
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
            let count = unsafe try file.read(at: position, into: target)
            guard count > 0 else { return nil }
            let found = unsafe find(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            if let found { return position + UInt64(found) }
            position += UInt64(count)
        }
        return nil
    }
}
