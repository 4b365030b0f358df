/// The 64-bit hash XXH64, of bytes at once or in pieces: what an index is checked and searched by,
/// and what tells whether bytes were written as they were read. Against accidents, not against
/// people.
///
/// Not libxxhash: a hundred lines against one more library that everything, tokenizers too, would link.
///
/// Source: the algorithm's description in `doc/xxhash_spec.md` of the xxHash project.
package struct XXH64 {
    /// Begins a hash of bytes that come in pieces.
    package init() {}

    /// Hashes a run of bytes.
    package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var hash = XXH64()
        hash.lanes = (
            seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1
        )
        hash.seed = seed
        unsafe hash.update(bytes)
        return hash.value
    }

    /// Hashes a run of bytes.
    package static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe hash($0, seed: seed) }
    }

    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    private var lanes = (
        prime1 &+ prime2, prime2, UInt64(0), 0 &- prime1
    )
    /// The last bytes that don't fill a stripe of 32 yet.
    private var tail: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var tailCount = 0
    private var total: UInt64 = 0
    private var seed: UInt64 = 0

    /// Takes in more bytes.
    package mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        total &+= UInt64(bytes.count)
        var start = 0
        if tailCount > 0 {
            start = min(32 - tailCount, bytes.count)
            unsafe keep(UnsafeRawBufferPointer(rebasing: bytes[..<start]))
            guard tailCount == 32 else { return }
            unsafe withUnsafeBytes(of: tail) { unsafe consume($0, at: 0) }
            tailCount = 0
        }
        while bytes.count - start >= 32 {
            unsafe consume(bytes, at: start)
            start += 32
        }
        unsafe keep(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    /// The hash of all bytes so far.
    package var value: UInt64 {
        var hash = total >= 32 ? merged : seed &+ Self.prime5
        hash &+= total
        let count = tailCount
        unsafe withUnsafeBytes(of: tail) { tail in
            var place = 0
            while count - place >= 8 {
                hash ^= unsafe Self.round(0, Self.word(tail, place))
                hash = Self.rotated(hash, 27) &* Self.prime1 &+ Self.prime4
                place += 8
            }
            if count - place >= 4 {
                let half = unsafe UInt32(
                    littleEndian: tail.loadUnaligned(fromByteOffset: place, as: UInt32.self))
                hash ^= UInt64(half) &* Self.prime1
                hash = Self.rotated(hash, 23) &* Self.prime2 &+ Self.prime3
                place += 4
            }
            while place < count {
                hash ^= unsafe UInt64(tail[place]) &* Self.prime5
                hash = Self.rotated(hash, 11) &* Self.prime1
                place += 1
            }
        }
        hash = (hash ^ (hash >> 33)) &* Self.prime2
        hash = (hash ^ (hash >> 29)) &* Self.prime3
        return hash ^ (hash >> 32)
    }

    /// Adds at most 32 - tailCount bytes to the tail.
    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        let place = tailCount
        unsafe withUnsafeMutableBytes(of: &tail) { tail in
            unsafe UnsafeMutableRawBufferPointer(rebasing: tail[place...]).copyMemory(from: bytes)
        }
        tailCount += bytes.count
    }

    private mutating func consume(_ bytes: UnsafeRawBufferPointer, at place: Int) {
        lanes.0 = unsafe Self.round(lanes.0, Self.word(bytes, place))
        lanes.1 = unsafe Self.round(lanes.1, Self.word(bytes, place + 8))
        lanes.2 = unsafe Self.round(lanes.2, Self.word(bytes, place + 16))
        lanes.3 = unsafe Self.round(lanes.3, Self.word(bytes, place + 24))
    }

    private var merged: UInt64 {
        var hash = Self.rotated(lanes.0, 1) &+ Self.rotated(lanes.1, 7)
        hash = hash &+ Self.rotated(lanes.2, 12) &+ Self.rotated(lanes.3, 18)
        for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
            hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
        }
        return hash
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotated(lane &+ word &* prime2, 31) &* prime1
    }

    private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 {
        (word << count) | (word >> (64 - count))
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
}
