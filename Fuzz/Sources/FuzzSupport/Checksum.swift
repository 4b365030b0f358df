/// XXH64, once more: the package's own isn't public, and a second one keeps it honest.
private func xxh64(_ bytes: ArraySlice<UInt8>, seed: UInt64) -> UInt64 {
    let primes: [UInt64] = [
        0, 0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9,
        0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5,
    ]
    func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }
    func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotated(lane &+ word &* primes[2], 31) &* primes[1]
    }
    var rest = bytes
    func word(_ width: Int) -> UInt64 {
        let word = rest.prefix(width).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(width)
        return word
    }
    var hash = seed &+ primes[5]
    if rest.count >= 32 {
        var lanes = [seed &+ primes[1] &+ primes[2], seed &+ primes[2], seed, seed &- primes[1]]
        while rest.count >= 32 { for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(8)) } }
        hash =
            rotated(lanes[0], 1) &+ rotated(lanes[1], 7) &+ rotated(lanes[2], 12)
            &+ rotated(lanes[3], 18)
        for lane in lanes { hash = (hash ^ round(0, lane)) &* primes[1] &+ primes[4] }
    }
    hash &+= UInt64(bytes.count)
    while rest.count >= 8 {
        hash = rotated(hash ^ round(0, word(8)), 27) &* primes[1] &+ primes[4]
    }
    if rest.count >= 4 {
        hash = rotated(hash ^ word(4) &* primes[1], 23) &* primes[2] &+ primes[3]
    }
    while !rest.isEmpty { hash = rotated(hash ^ word(1) &* primes[5], 11) &* primes[1] }
    hash = (hash ^ hash >> 33) &* primes[2]
    hash = (hash ^ hash >> 29) &* primes[3]
    return hash ^ hash >> 32
}

/// A file of an index, whose blocks end in checksums.
package enum IndexBlocks {
    package static let size = 4096
    private static let payload = 4088

    /// Gives a block the checksum that its bytes ask for.
    package static func seal(_ block: Int, of file: inout [UInt8]) {
        let start = block * size
        guard start + size <= file.count else { return }
        let sum = xxh64(file[start..<(start + payload)], seed: UInt64(block))
        for byte in 0..<8 {
            file[start + payload + byte] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * byte))
        }
    }

    /// Where bytes lie that mean something: those up to the last of each block that isn't 0, and a
    /// few more.
    package static func usedPlaces(of file: [UInt8]) -> [Int] {
        stride(from: 0, to: file.count, by: size).flatMap { start in
            let block = file[start..<min(start + payload, file.count)]
            let last = block.lastIndex { $0 != 0 } ?? start
            return start..<min(last + 24, block.endIndex)
        }
    }
}
