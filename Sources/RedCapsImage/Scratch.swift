/// Bytes that are kept from image to image, and only grow.
@safe struct Scratch: ~Copyable {
    private(set) var start: UnsafeMutablePointer<UInt8>
    private var capacity = 1

    init() { unsafe start = .allocate(capacity: 1) }

    deinit { unsafe start.deallocate() }

    /// Makes room; what was there is lost.
    mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        unsafe start.deallocate()
        unsafe start = .allocate(capacity: count)
        unsafe start.initialize(repeating: 0, count: count)
        capacity = count
    }

    /// Gives back what only a rare, huge image needs.
    mutating func trim() {
        guard capacity > 1 << 26 else { return }
        unsafe start.deallocate()
        unsafe start = .allocate(capacity: 1)
        capacity = 1
    }
}
