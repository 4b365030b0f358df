package import RedCapsBase

/// A list that a table was made of.
package struct ListFile: Sendable, Hashable {
    package let name: String
    let stamp: FileStamp
    let fingerprint: UInt64

    /// Looks a list up.
    /// - Parameter known: What it was when the table was made: if size and time are still the same,
    ///   the fingerprint isn't taken again.
    package init(_ path: String, name: String, known: ListFile? = nil) throws(StoreError) {
        let open = try OpenFile(path)
        self.name = name
        stamp = try open.stamp()
        if let known, known.stamp == stamp {
            fingerprint = known.fingerprint
        } else {
            fingerprint = try open.fingerprint(byteCount: stamp.byteCount)
        }
    }

    init(name: String, stamp: FileStamp, fingerprint: UInt64) {
        self.name = name
        self.stamp = stamp
        self.fingerprint = fingerprint
    }

    /// Whether it is the same list, perhaps a copy of it.
    func isSame(as other: ListFile) -> Bool {
        name == other.name && stamp.byteCount == other.stamp.byteCount
            && fingerprint == other.fingerprint
    }
}
