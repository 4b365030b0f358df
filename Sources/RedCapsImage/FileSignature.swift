/// What the files of a format begin with: some bytes, and maybe others at a later place.
struct FileSignature: Sendable {
    private let first: [UInt8]
    private let second: [UInt8]
    private let offset: Int
    /// Of which a file of boxes must list one; empty for files of other kinds.
    private var brands: [[UInt8]] = []

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

    /// Files of boxes (ISO 14496-12) whose first box says that they are images of a kind.
    /// - Parameter compatibleBrands: The kind's names. One is the file's own, or among those that it says
    ///   it is compatible with if its own is one for images in general, as Pillow has it.
    init(compatibleBrands: [String]) {
        self.init("", "ftyp", at: 4)
        brands = compatibleBrands.map { Array($0.utf8) }
    }

    /// Whether a file begins so.
    func begins(_ bytes: Span<UInt8>) -> Bool {
        Self.lies(first, in: bytes, at: 0) && Self.lies(second, in: bytes, at: offset)
            && (brands.isEmpty || listsBrand(bytes))
    }

    private func listsBrand(_ bytes: Span<UInt8>) -> Bool {
        func isListed(at place: Int) -> Bool {
            brands.contains { Self.lies($0, in: bytes, at: place) }
        }
        if isListed(at: 8) { return true }
        guard ["mif1", "msf1"].contains(where: { Self.lies(Array($0.utf8), in: bytes, at: 8) })
        else { return false }
        // The box's size, then its name, the file's own brand, a version, and the other brands.
        let size = (0..<4).reduce(0) { $0 << 8 | Int(bytes[$1]) }
        return stride(from: 16, to: min(size, bytes.count) - 3, by: 4).contains { isListed(at: $0) }
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
