import Crypto

/// The SHA-256 of some bytes in lower-case hexadecimal, as Python's `hexdigest()` prints it.
package func sha256(_ bytes: some Sequence<UInt8>) -> String {
    var hash = SHA256()
    hash.update(data: Array(bytes))
    return hash.finalize().map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
}

extension [UInt8] {
    /// Bytes from their hexadecimal digits.
    package init(hex: String) {
        let digits = Array<UInt8>(hex.utf8)
        self = stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16) ?? 0
        }
    }
}
