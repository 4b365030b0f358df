/// Reads the numbers of a table in `UnicodeTables`, one after the other.
@safe struct NumberList: Sequence, IteratorProtocol {
    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ text: StaticString) {
        unsafe self.text = unsafe UnsafeBufferPointer(
            start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    mutating func next() -> UInt32? {
        var value: UInt32 = 0
        var hasDigits = false
        while unsafe position < text.count {
            let byte = unsafe text[position]
            position += 1
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
                hasDigits = true
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
                hasDigits = true
            default:
                if hasDigits { return value }
            }
        }
        return hasDigits ? value : nil
    }

    /// Ranges that are written as distances and counts.
    mutating func ranges() -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        var end: UInt32 = 0
        while let distance = next(), let count = next() {
            ranges.append(end + distance...end + distance + count - 1)
            end += distance + count
        }
        return ranges
    }
}
