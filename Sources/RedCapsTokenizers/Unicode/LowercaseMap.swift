/// The lower case of single scalars, as Rust's `char::to_lowercase` has it.
struct LowercaseMap: Sendable {
    static let shared = LowercaseMap()

    private let mapping: [UInt32: UInt32]

    private init() {
        var mapping: [UInt32: UInt32] = [:]
        var runs = NumberList(UnicodeTables.lowerCases)
        while let first = runs.next(), let last = runs.next(), let step = runs.next(),
            let distance = runs.next()
        {
            for scalar in stride(from: first, through: last, by: Int(step)) {
                mapping[scalar] = scalar + distance - (1 << 17)
            }
        }
        self.mapping = mapping
    }

    /// The scalars that have one; U+0130's are two.
    var scalars: [UInt32] { Array(mapping.keys) + [0x130] }

    /// Appends the lower case of a scalar in UTF-8.
    func append(_ scalar: UInt32, to text: inout [UInt8]) {
        if scalar == 0x130 {
            text += [0x69, 0xCC, 0x87]
        } else {
            text.append(scalar: mapping[scalar] ?? scalar)
        }
    }
}

extension [UInt8] {
    /// Appends a scalar in UTF-8.
    @inline(__always)
    mutating func append(scalar: UInt32) {
        switch scalar {
        case ..<0x80: append(UInt8(scalar))
        case ..<0x800:
            append(UInt8(0xC0 | scalar >> 6))
            append(UInt8(0x80 | scalar & 0x3F))
        case ..<0x10000:
            append(UInt8(0xE0 | scalar >> 12))
            append(UInt8(0x80 | scalar >> 6 & 0x3F))
            append(UInt8(0x80 | scalar & 0x3F))
        default:
            append(UInt8(0xF0 | scalar >> 18))
            append(UInt8(0x80 | scalar >> 12 & 0x3F))
            append(UInt8(0x80 | scalar >> 6 & 0x3F))
            append(UInt8(0x80 | scalar & 0x3F))
        }
    }
}
