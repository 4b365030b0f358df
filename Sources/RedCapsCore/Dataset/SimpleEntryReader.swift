import RedCapsBase
import RedCapsTar

/// Reads an entry of a list that is an object of plain strings: no escapes, nothing nested.
@safe struct SimpleEntryReader {
    enum Outcome {
        case complete
        /// The bytes end before the entry does.
        case unfinished
        /// It is something else, or not JSON.
        case other
    }

    private let bytes: UnsafeRawBufferPointer
    private let count: Int
    /// How many bytes have been read.
    private(set) var position = 0

    /// - Parameter bytes: They begin with the entry, and must stay where they are.
    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = bytes
        count = bytes.count
    }

    /// Reads the entry.
    /// - Parameters:
    ///   - keys: The keys whose values are wanted.
    ///   - values: Gets these, where there are any; the last one counts of a key that comes twice.
    mutating func read(_ keys: [[UInt8]], into values: inout [BorrowedBytes?]) -> Outcome {
        for place in values.indices { values[place] = nil }
        guard take(UInt8(ascii: "{")) else { return position < count ? .other : .unfinished }
        while true {
            guard let key = string() else { return outcome }
            guard take(UInt8(ascii: ":")) else { return outcome }
            guard let value = string() else { return outcome }
            for place in keys.indices where unsafe key.bytes.elementsEqual(keys[place]) {
                values[place] = value
            }
            if take(UInt8(ascii: ",")) { continue }
            return take(UInt8(ascii: "}")) ? .complete : outcome
        }
    }

    /// Why reading has stopped.
    private var outcome: Outcome { position < count ? .other : .unfinished }

    private mutating func take(_ byte: UInt8) -> Bool {
        while position < count {
            let found = unsafe bytes[position]
            switch found {
            case byte:
                position += 1
                return true
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return false
            }
        }
        return false
    }

    /// A string without escapes.
    private mutating func string() -> BorrowedBytes? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        var isASCII = true
        while position < count {
            let byte = unsafe bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                guard unsafe isASCII || String(validating: text, as: UTF8.self) != nil else {
                    return nil
                }
                position += 1
                return unsafe BorrowedBytes(text)
            }
            if byte < 0x20 || byte == UInt8(ascii: "\\") { return nil }
            if byte >= 0x80 { isASCII = false }
            position += 1
        }
        return nil
    }
}
