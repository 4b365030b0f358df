import Crypto

/// The SHA-256 of some bytes in lower-case hexadecimal, as Python's `hexdigest()` prints it.
package func sha256(_ bytes: some Sequence<UInt8>) -> String {
    var hash = SHA256()
    hash.update(data: Array(bytes))
    return hash.finalize().map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
}
