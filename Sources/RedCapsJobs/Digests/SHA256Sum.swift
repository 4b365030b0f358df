import Crypto

/// SHA-256 sums, as Python's `hexdigest()` prints them.
enum SHA256Sum {
    /// The sum of some bytes, in lower-case hexadecimal.
    static func hex(of bytes: UnsafeRawBufferPointer) -> String {
        unsafe SHA256.hash(data: bytes)
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The sum of some bytes, in lower-case hexadecimal.
    static func hex(of bytes: [UInt8]) -> String {
        unsafe bytes.withUnsafeBytes { unsafe hex(of: $0) }
    }
}
