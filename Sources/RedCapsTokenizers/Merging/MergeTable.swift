/// Which pairs of tokens merge, in what order, into what.
///
/// A slot is eight bytes: 21 bits of each id and 22 of the merge's rank; a table of 150,000 merges
/// takes 4 MB. Pairs of single bytes, which are asked for most, have a table of their own.
///
/// Sendable: nothing changes after `init`.
@safe final class MergeTable: @unchecked Sendable {
    /// Ranks are below it; it stands for "no merge".
    static let none: UInt32 = (1 << 22) - 1

    private let slots: UnsafeMutablePointer<UInt64>
    private let mask: Int
    /// What each rank merges into.
    let results: [UInt32]
    private let bytePairs: UnsafeMutablePointer<UInt32>

    /// Builds the table; of merges of the same pair the last counts, as in `tokenizers`.
    /// - Parameters:
    ///   - merges: Pairs and results by rank; fewer than `none`.
    ///   - byteIDs: The id of each byte, if it is a token.
    init(_ merges: [(left: UInt32, right: UInt32, result: UInt32)], byteIDs: [UInt32?]) {
        var size = 1024
        while size < merges.count * 2 { size *= 2 }
        mask = size - 1
        unsafe slots = .allocate(capacity: size)
        unsafe slots.initialize(repeating: .max, count: size)
        results = merges.map(\.result)
        unsafe bytePairs = .allocate(capacity: 1 << 16)
        unsafe bytePairs.initialize(repeating: Self.none, count: 1 << 16)
        for (rank, merge) in merges.enumerated() {
            let pair = Self.pair(merge.left, merge.right)
            var slot = Self.hash(pair) & mask
            while unsafe slots[slot] != .max, unsafe slots[slot] >> 22 != pair {
                slot = (slot + 1) & mask
            }
            unsafe slots[slot] = pair << 22 | UInt64(rank)
        }
        for (first, left) in byteIDs.enumerated() {
            guard let left else { continue }
            for (second, right) in byteIDs.enumerated() {
                guard let right else { continue }
                unsafe bytePairs[first << 8 | second] = rank(left, right)
            }
        }
    }

    deinit {
        unsafe slots.deallocate()
        unsafe bytePairs.deallocate()
    }

    @inline(__always)
    private static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 {
        UInt64(left) &<< 21 | UInt64(right)
    }

    @inline(__always)
    private static func hash(_ pair: UInt64) -> Int {
        let product = pair &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: (product ^ product &>> 32) & 0x7FFF_FFFF)
    }

    /// The rank of a pair's merge, or `none`.
    @inline(__always)
    func rank(_ left: UInt32, _ right: UInt32) -> UInt32 {
        let pair = Self.pair(left, right)
        var slot = Self.hash(pair) & mask
        while true {
            let value = unsafe slots[slot]
            if value &>> 22 == pair { return UInt32(truncatingIfNeeded: value) & Self.none }
            if value == .max { return Self.none }
            slot = (slot &+ 1) & mask
        }
    }

    /// The rank of the merge of two bytes' tokens, or `none`.
    @inline(__always)
    func rank(ofBytes first: UInt8, _ second: UInt8) -> UInt32 {
        unsafe bytePairs[Int(first) &<< 8 | Int(second)]
    }
}
