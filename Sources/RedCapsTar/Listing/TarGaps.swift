import RedCapsBase

/// The zeros between members that libarchive has listed and passed over, found by looking at where each
/// member ends.
struct TarGaps {
    private(set) var ending = ShardEnding()
    /// Where the last member ends; `nil` if that can't be told.
    private(set) var end: ShardListing.End?

    init() {}

    init(_ members: TarMembers, _ file: OpenFile, _ size: UInt64) {
        let block = UInt64(TarHeader.size)
        var expected: UInt64 = 0
        var isKnown = true
        for row in members.rows {
            if isKnown, row.offset > expected + block, Self.isZero(file, expected),
                let start = Self.firstByte(file, expected..<row.offset)
            {
                let begin = start / block * block
                ending.add(zeros: expected..<begin)
            }
            // The bytes of a sparse member are fewer than its size, and not told.
            isKnown = row.kind != .sparse
            expected = row.end
        }
        if isKnown, !members.isEmpty {
            if expected < size, Self.firstByte(file, expected..<size) == nil {
                ending.add(lastZeros: expected..<size)
            }
            end = ShardListing.End(
                offset: min(expected, size),
                hasMarker: expected < size && Self.isZero(file, expected))
        }
    }

    private static func isZero(_ file: OpenFile, _ offset: UInt64) -> Bool {
        guard let bytes = try? file.bytes(at: offset, count: TarHeader.size) else { return false }
        return !bytes.isEmpty && bytes.allSatisfy { $0 == 0 }
    }

    private static func firstByte(_ file: OpenFile, _ range: Range<UInt64>) -> UInt64? {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 18) {
            let count = Int(min(range.upperBound - start, 1 << 18))
            guard let bytes = try? file.bytes(at: start, count: count) else { return nil }
            if let place = bytes.firstIndex(where: { $0 != 0 }) { return start + UInt64(place) }
        }
        return nil
    }
}

extension StoreError {
    /// The same, with how many bytes of a file lie behind the place.
    func counting(lostOf size: UInt64) -> StoreError {
        guard let byteOffset, byteOffset < size else { return self }
        return StoreError(
            code, file: file, member: member, byteOffset: byteOffset,
            reason: reason + "; \(size - byteOffset) bytes from there on are lost",
            systemError: systemError)
    }
}
