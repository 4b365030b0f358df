/// What the files of a format begin with: some bytes, and maybe others at a later place.
struct FileSignature: Sendable {
    private let first: [UInt8]
    private let second: [UInt8]
    private let offset: Int

    init(_ first: [UInt8]) {
        (self.first, second, offset) = (first, [], 0)
    }

    /// - Parameters:
    ///   - first: What comes at the start; may be empty.
    ///   - second: What comes at the offset.
    init(_ first: String, _ second: String = "", at offset: Int = 0) {
        (self.first, self.second) = (Array(first.utf8), Array(second.utf8))
        self.offset = offset
    }

    /// Whether a file begins so.
    func begins(_ bytes: Span<UInt8>) -> Bool {
        Self.lies(first, in: bytes, at: 0) && Self.lies(second, in: bytes, at: offset)
    }

    private static func lies(_ part: [UInt8], in bytes: Span<UInt8>, at offset: Int) -> Bool {
        guard bytes.count >= offset + part.count else { return false }
        for index in part.indices where bytes[offset + index] != part[index] { return false }
        return true
    }

    /// The first bytes of a file, for messages.
    static func hex(_ bytes: Span<UInt8>) -> String {
        (0..<min(4, bytes.count)).map { index in
            (bytes[index] < 16 ? "0" : "") + String(bytes[index], radix: 16, uppercase: true)
        }.joined(separator: " ")
    }
}
