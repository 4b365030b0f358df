import RedCapsBase

/// A growing row of plain values. Unlike an array it never holds a second copy while it grows: the
/// system moves the pages, and those that aren't used yet cost nothing.
@safe struct PackedMemory<Element: BitwiseCopyable>: ~Copyable {
    private var memory: UnsafeMutablePointer<Element>?
    private var capacity = 0
    private(set) var count = 0

    init() {}

    deinit { unsafe free(memory) }

    /// Makes room for more values.
    /// - Throws: `StoreError` if there is no memory.
    mutating func reserve(_ more: Int) throws(StoreError) {
        guard count + more > capacity else { return }
        let wanted = max(count + more, capacity * 2, 1024)
        guard let grown = unsafe realloc(memory, wanted * MemoryLayout<Element>.stride) else {
            throw StoreError(
                .system, file: "files", reason: "no memory for \(wanted) entries of a list")
        }
        unsafe memory = grown.assumingMemoryBound(to: Element.self)
        capacity = wanted
    }

    mutating func append(_ element: Element) throws(StoreError) {
        try reserve(1)
        unsafe (memory.unsafelyUnwrapped + count).initialize(to: element)
        count += 1
    }

    mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) throws(StoreError) {
        guard let start = elements.baseAddress else { return }
        try reserve(elements.count)
        unsafe (memory.unsafelyUnwrapped + count).initialize(from: start, count: elements.count)
        count += elements.count
    }

    /// Forgets the values from a place on.
    mutating func truncate(to count: Int) {
        self.count = min(count, self.count)
    }

    /// The values.
    var all: UnsafeBufferPointer<Element> {
        unsafe UnsafeBufferPointer(start: memory, count: count)
    }

    /// Sorts the values in place.
    mutating func sort(_ precedes: (Element, Element) throws -> Bool) rethrows {
        var values = unsafe UnsafeMutableBufferPointer(start: memory, count: count)
        unsafe try values.sort(by: precedes)
    }

    subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count)
            return unsafe memory.unsafelyUnwrapped[index]
        }
        set {
            precondition(index >= 0 && index < count)
            unsafe memory.unsafelyUnwrapped[index] = newValue
        }
    }
}
