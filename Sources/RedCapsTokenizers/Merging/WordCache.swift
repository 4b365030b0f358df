/// The ids of words that were merged before: up to three ids of words of up to 15 bytes.
///
/// A slot is 32 bytes: the word itself with its length, the ids and their count. Nothing is ever
/// compared but the word, so that a hit is always right.
@safe struct WordCache: ~Copyable {
    static let longestWord = 15
    static let mostIDs = 3

    struct Slot {
        /// The word's bytes, and its length in the top one; both are 0 in a free slot.
        var low: UInt64 = 0
        var high: UInt64 = 0
        /// The ids, and their count.
        var ids = SIMD4<UInt32>()
    }

    private static let smallest = 1 << 12
    private static let largest = 1 << 17

    private var slots: UnsafeMutablePointer<Slot>
    private var mask: Int
    private var count = 0

    init() {
        mask = Self.smallest - 1
        unsafe slots = .allocate(capacity: Self.smallest)
        unsafe slots.initialize(repeating: Slot(), count: Self.smallest)
    }

    deinit { unsafe slots.deallocate() }

    /// The slot for a word, by its index.
    @inline(__always)
    func index(_ low: UInt64, _ high: UInt64) -> Int {
        let product = (low ^ high &* 0xC2B2_AE3D_27D4_EB4F)
            .multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        var index = Int(truncatingIfNeeded: product.high ^ product.low) & mask
        while true {
            let slot = unsafe slots + index
            if unsafe slot.pointee.high == 0
                || slot.pointee.high == high && slot.pointee.low == low
            {
                return index
            }
            index = (index &+ 1) & mask
        }
    }

    /// The ids in a slot; the last number is their count, 0 if the slot is free.
    @inline(__always)
    subscript(index: Int) -> SIMD4<UInt32> { unsafe slots[index].ids }

    /// Keeps the ids of a word that isn't there yet.
    mutating func add(_ low: UInt64, _ high: UInt64, _ ids: SIMD4<UInt32>) {
        if count * 2 > mask { grow() }
        unsafe slots[index(low, high)] = Slot(low: low, high: high, ids: ids)
        count += 1
    }

    /// Doubles, or begins anew once it is large enough.
    private mutating func grow() {
        let old = unsafe slots
        let oldSize = mask + 1
        if oldSize == Self.largest {
            unsafe slots.update(repeating: Slot(), count: oldSize)
            count = 0
            return
        }
        unsafe slots = .allocate(capacity: oldSize * 2)
        unsafe slots.initialize(repeating: Slot(), count: oldSize * 2)
        mask = oldSize * 2 - 1
        for position in 0..<oldSize where unsafe old[position].high != 0 {
            let slot = unsafe old[position]
            unsafe slots[index(slot.low, slot.high)] = slot
        }
        unsafe old.deallocate()
    }
}
