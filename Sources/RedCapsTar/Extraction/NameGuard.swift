import RedCapsBase

/// Decides which names of a shard may be made on disk.
struct NameGuard {
    /// Why a name is refused.
    typealias Reason = String

    static let differsInForm = "its name differs from an earlier one in case or Unicode form only"

    private let isCaseSensitive: Bool
    /// For each folded path, the hash of the path that came first.
    private var taken: [UInt64: UInt64] = [:]
    private var lastParent: ArraySlice<UInt8> = []

    init(isCaseSensitive: Bool) { self.isCaseSensitive = isCaseSensitive }

    /// The path in its one spelling, or why it is refused.
    static func path(_ name: [UInt8]) -> Result<MemberPath, Refused> {
        if name.contains(UInt8(ascii: "\n")) { return .failure(Refused("a name with a line feed")) }
        if name.contains(0) { return .failure(Refused("a name with a NUL")) }
        if name.first == UInt8(ascii: "/") { return .failure(Refused("an absolute path")) }
        guard let path = MemberPath(bytes: name) else {
            return .failure(Refused("a path that leads out with \"..\", or to nothing"))
        }
        return .success(path)
    }

    /// Whether a path, or a folder that it lies in, is another one's but for case or Unicode form.
    mutating func collision(_ path: MemberPath) -> Reason? {
        guard !isCaseSensitive else { return nil }
        let bytes = path.bytes[...]
        let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
        if let slash {
            let parent = bytes[..<slash]
            if parent != lastParent {
                for end in parent.indices where parent[end] == UInt8(ascii: "/") {
                    if let reason = take(parent[..<end]) { return reason }
                }
                if let reason = take(parent) { return reason }
                lastParent = parent
            }
        }
        return take(bytes)
    }

    private mutating func take(_ path: ArraySlice<UInt8>) -> Reason? {
        let exact = unsafe path.withUnsafeBytes { unsafe XXH64.hash($0) }
        let first = taken[Self.folded(path)]
        guard let first else {
            taken[Self.folded(path)] = exact
            return nil
        }
        return first == exact
            ? nil : Self.differsInForm
    }

    /// A hash that is the same for paths that differ in case or Unicode form only.
    fileprivate static func folded(_ path: ArraySlice<UInt8>) -> UInt64 {
        if path.allSatisfy({ $0 < 0x80 }) { return hash(path.map(lowercased)) }
        let lower = String(decoding: path, as: UTF8.self).lowercased()
        if lower.utf8.allSatisfy({ $0 < 0x80 }) { return hash(Array(lower.utf8)) }
        // Strings that are canonically equivalent hash alike.
        var hasher = Hasher()
        hasher.combine(lower)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private static func hash(_ bytes: [UInt8]) -> UInt64 { XXH64.hash(bytes, seed: 1) }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Whether a symbolic link's target stays within the folder that everything is unpacked into:
    /// it begins with no more `..` than the link is deep, and has none later, where they would
    /// depend on other links.
    static func staysInside(target: [UInt8], of link: MemberPath) -> Bool {
        guard let first = target.first, first != UInt8(ascii: "/"), !target.contains(0) else {
            return false
        }
        let dots = Array("..".utf8)
        let parts = target.split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }
        let climbs = parts.prefix { $0.elementsEqual(dots) }.count
        let depth = link.bytes.count { $0 == UInt8(ascii: "/") }
        return climbs <= depth && !parts.dropFirst(climbs).contains { $0.elementsEqual(dots) }
    }
}

/// The names in the folders of a destination, as far as files were moved into them, without regard
/// to case and Unicode form.
struct NamesInPlace {
    private var folders: [String: Set<UInt64>] = [:]

    /// Begins with what lies in a folder already, unless that is known.
    mutating func look(at folder: String, _ names: () throws(StoreError) -> [[UInt8]])
        throws(StoreError)
    {
        guard folders[folder] == nil else { return }
        folders[folder] = Set(try names().map { NameGuard.folded($0[...]) })
    }

    /// Adds a name.
    /// - Returns: `false` if there is one already that differs in case or Unicode form only.
    mutating func add(_ name: [UInt8], to folder: String) -> Bool {
        folders[folder]?.insert(NameGuard.folded(name[...])).inserted ?? true
    }
}
