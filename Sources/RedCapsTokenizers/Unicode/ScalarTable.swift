/// What is known of a scalar: its category in five bits, and what normal forms may change.
struct ScalarProperties: Sendable {
    var rawValue: UInt8

    /// Whether the scalar isn't always the same in NFC.
    @inline(__always) var mayChangeInNFC: Bool { rawValue & 0x20 != 0 }
    /// Whether the scalar isn't always the same in NFKC.
    @inline(__always) var mayChangeInNFKC: Bool { rawValue & 0x40 != 0 }
    /// Whether it has a lower case.
    @inline(__always) var hasLowercase: Bool { rawValue & 0x80 != 0 }
}

/// The properties of all scalars: a byte each, in pages of 256 of which equal ones are kept once.
///
/// Sendable: the memory is filled before anybody sees it, never changed and never freed.
@safe struct ScalarTable: @unchecked Sendable {
    private let pageNumbers: UnsafePointer<UInt16>
    private let pages: UnsafePointer<UInt8>

    static let shared = ScalarTable()

    private init() {
        var flat = [UInt8](repeating: 0, count: 0x110000)
        var scalar = 0
        var runs = NumberList(UnicodeTables.categories)
        while let count = runs.next(), let category = runs.next() {
            for position in scalar..<scalar + Int(count) { flat[position] = UInt8(category) }
            scalar += Int(count)
        }
        for space in [0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85] { flat[space] = 30 }
        let forms = NormalForms.shared
        for scalar in forms.sensitive { flat[Int(scalar)] |= 0x60 }
        for scalar in forms.compatible.keys { flat[Int(scalar)] |= 0x40 }
        for scalar in LowercaseMap.shared.scalars { flat[Int(scalar)] |= 0x80 }

        let numbers = UnsafeMutablePointer<UInt16>.allocate(capacity: flat.count / 256)
        var kept: [ArraySlice<UInt8>: UInt16] = [:]
        var bytes: [UInt8] = []
        for page in 0..<flat.count / 256 {
            let slice = flat[page * 256..<page * 256 + 256]
            let number = kept[slice] ?? UInt16(kept.count)
            if Int(number) == kept.count {
                kept[slice] = number
                bytes += slice
            }
            unsafe numbers[page] = number
        }
        let pages = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
        unsafe pages.initialize(from: bytes, count: bytes.count)
        unsafe self.pageNumbers = UnsafePointer(numbers)
        unsafe self.pages = UnsafePointer(pages)
    }

    /// The properties of a scalar, which must be below 0x110000.
    @inline(__always)
    subscript(scalar: UInt32) -> ScalarProperties {
        let page = unsafe Int(pageNumbers[Int(scalar &>> 8)])
        return ScalarProperties(
            rawValue: unsafe pages[page &<< 8 | Int(scalar & 0xFF)])
    }

    /// The properties of an ASCII character, whose page is the first.
    @inline(__always)
    subscript(ascii byte: UInt8) -> ScalarProperties {
        ScalarProperties(rawValue: unsafe pages[Int(byte)])
    }
}
