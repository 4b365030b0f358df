/// The 64-bit hash XXH64 of the xxHash specification, which the index is checked and searched by.
///
/// Source: the algorithm's description in `doc/xxhash_spec.md` of the xxHash project.
package enum XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// Hashes a run of bytes.
    package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var offset = 0
        var result: UInt64
        if bytes.count >= 32 {
            var lanes = SIMD4<UInt64>(
                seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1)
            while offset + 32 <= bytes.count {
                for lane in 0..<4 {
                    lanes[lane] = unsafe round(lanes[lane], bytes.word64(offset + 8 * lane))
                }
                offset += 32
            }
            result =
                rotated(lanes[0], 1) &+ rotated(lanes[1], 7) &+ rotated(lanes[2], 12)
                &+ rotated(lanes[3], 18)
            for lane in 0..<4 {
                result = (result ^ round(0, lanes[lane])) &* prime1 &+ prime4
            }
        } else {
            result = seed &+ prime5
        }
        result &+= UInt64(bytes.count)
        while offset + 8 <= bytes.count {
            result ^= unsafe round(0, bytes.word64(offset))
            result = rotated(result, 27) &* prime1 &+ prime4
            offset += 8
        }
        if offset + 4 <= bytes.count {
            result ^= unsafe UInt64(bytes.word32(offset)) &* prime1
            result = rotated(result, 23) &* prime2 &+ prime3
            offset += 4
        }
        while offset < bytes.count {
            result ^= unsafe UInt64(bytes[offset]) &* prime5
            result = rotated(result, 11) &* prime1
            offset += 1
        }
        result = (result ^ result >> 33) &* prime2
        result = (result ^ result >> 29) &* prime3
        return result ^ result >> 32
    }

    /// Hashes a run of bytes.
    package static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe hash($0, seed: seed) }
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotated(lane &+ word &* prime2, 31) &* prime1
    }

    private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }
}

extension UnsafeRawBufferPointer {
    /// Eight bytes as a little-endian number; the caller has made sure that they are there.
    fileprivate func word64(_ offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    fileprivate func word32(_ offset: Int) -> UInt32 {
        unsafe UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
