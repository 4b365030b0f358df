/// The characters in which GPT-2 and its kin write bytes, so that tokens are printable text.
enum ByteAlphabet {
    /// The scalar for each byte: printable bytes are themselves, others follow from U+0100.
    static let scalars: [UInt32] = {
        var next: UInt32 = 0x100
        return (0...255 as ClosedRange<UInt32>).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return byte
            default:
                next += 1
                return next - 1
            }
        }
    }()

    /// The byte for each scalar below U+0144, 0x100 for none.
    private static let bytes: [UInt16] = {
        var bytes = [UInt16](repeating: 0x100, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = UInt16(byte) }
        return bytes
    }()

    /// Appends the bytes that a token in UTF-8 stands for.
    /// - Returns: Whether it is written in the alphabet; if not, nothing useful was appended.
    static func decode(_ token: some Collection<UInt8>, into result: inout [UInt8]) -> Bool {
        var iterator = token.makeIterator()
        while let first = iterator.next() {
            var scalar = Int(first)
            if first >= 0x80 {
                // The alphabet's other letters have two bytes in UTF-8.
                guard first >= 0xC2, first <= 0xC5, let second = iterator.next() else {
                    return false
                }
                scalar = Int(first & 0x1F) << 6 | Int(second & 0x3F)
            }
            guard scalar < bytes.count, bytes[scalar] < 0x100 else { return false }
            result.append(UInt8(truncatingIfNeeded: bytes[scalar]))
        }
        return true
    }

    /// How bytes are written.
    static func spell(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes { text.append(scalar: scalars[Int(byte)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
