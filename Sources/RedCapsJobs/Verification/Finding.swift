import RedCapsBase

/// Something that is wrong with a data set.
public struct Finding: Sendable, Equatable, CustomStringConvertible {
    /// What kind of thing. New kinds may be added; compare with the ones you know.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, as in `Kind.truncated`.
        public let description: String

        init(_ name: String) { description = name }

        /// A header's checksum doesn't fit, or the bytes are no tar.
        public static let damaged = Kind("damaged")
        /// A shard ends too early.
        public static let truncated = Kind("truncated")
        /// A shard can't be opened or read.
        public static let unreadable = Kind("unreadable")
        /// A shard is compressed and can't be read at random.
        public static let compressed = Kind("compressed")
        /// A shard ends without its marker, as one does that was cut between two members.
        public static let noEndMarker = Kind("noEndMarker")
        /// Something follows the end marker.
        public static let trailingData = Kind("trailingData")
        /// A member begins before the one before it ends.
        public static let overlap = Kind("overlap")
        /// A later member of the same path replaces this one.
        public static let duplicate = Kind("duplicate")
        /// A member's path is absolute, leads out with `..` or holds a NUL.
        public static let unsafePath = Kind("unsafePath")
        /// The list names a member that isn't a plain file.
        public static let notAFile = Kind("notAFile")
        /// An image of the list is in no shard.
        public static let missingImage = Kind("missingImage")
        /// An annotation of the list is in no shard.
        public static let missingAnnotation = Kind("missingAnnotation")
        /// A member that the list doesn't name.
        public static let orphan = Kind("orphan")
        /// An image that can't be decoded.
        public static let badImage = Kind("badImage")
        /// An image that is too small or too narrow to be trained on.
        public static let refusedImage = Kind("refusedImage")
        /// An annotation that isn't the JSON that it should be.
        public static let badAnnotation = Kind("badAnnotation")
        /// An image whose very bytes come again under another caption.
        public static let sameImage = Kind("sameImage")
        /// An annotation whose width, height or id contradict the image.
        public static let contradiction = Kind("contradiction")
    }

    /// By what a report counts it.
    public let kind: Kind
    /// The shard, if one is at fault.
    public let file: String?
    /// The member or the path at fault.
    public let member: String?
    /// Where in the shard, in bytes.
    public let byteOffset: UInt64?
    /// The place in the list, if it is a sample that is at fault.
    public let sample: Int?
    /// What is wrong, in one line.
    public let reason: String

    /// Makes a finding.
    package init(
        _ kind: Kind, file: String? = nil, member: String? = nil, byteOffset: UInt64? = nil,
        sample: Int? = nil, _ reason: String
    ) {
        self.kind = kind
        self.file = file
        self.member = member
        self.byteOffset = byteOffset
        self.sample = sample
        self.reason = reason
    }

    /// Kind, place and reason in one line.
    public var description: String {
        var place = [file, member].compactMap { $0 }.joined(separator: "!")
        if let sample { place = "sample \(sample) " + place }
        if let byteOffset { place += " at byte \(byteOffset)" }
        return "\(kind): \(place): \(reason)"
    }
}

extension Finding {
    /// The finding as a line of JSON with the keys `kind`, `file`, `member`, `offset`, `sample` and
    /// `reason`; what there isn't is `null`.
    public var json: String {
        var line = JSONLine()
        line.add("kind", kind.description)
        line.add("file", file)
        line.add("member", member)
        line.add("offset", byteOffset.map { Int(clamping: $0) })
        line.add("sample", sample)
        line.add("reason", reason)
        return line.text
    }

    /// A shard that can't be listed to its end.
    init(_ failure: StoreError) {
        let kind: Kind =
            switch failure.code {
            case .truncated: .truncated
            case .compressed: .compressed
            case .system, .missing, .notAFile: .unreadable
            default: .damaged
            }
        self.init(
            kind, file: failure.file, member: failure.member, byteOffset: failure.byteOffset,
            failure.reason)
    }
}
