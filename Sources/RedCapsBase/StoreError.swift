/// Why bytes couldn't be found or read: what failed, where, and what to do about it.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure. New kinds may be added; compare with the ones you know.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as in `Code.truncated`.
        public let description: String

        /// A code by its name; stores of your own may bring new ones.
        public init(_ name: String) { description = name }

        /// There is no such file, folder or member.
        public static let missing = Code("missing")
        /// The path is absolute, or leads out of the folder with `..`.
        public static let unsafePath = Code("unsafePath")
        /// The member is a link, a device, a directory or sparse, and can't be served as a file.
        public static let notAFile = Code("notAFile")
        /// The file ends before it should.
        public static let truncated = Code("truncated")
        /// The bytes aren't those of a tar, or a header is damaged or not supported.
        public static let notATar = Code("notATar")
        /// The tar isn't the one that was indexed.
        public static let changed = Code("changed")
        /// The index is damaged, foreign or of another version.
        public static let damagedIndex = Code("damagedIndex")
        /// The tar is compressed and has no random access.
        public static let compressed = Code("compressed")
        /// The member is larger than the limit that the caller set.
        public static let tooLarge = Code("tooLarge")
        /// An argument, a name or the order of calls makes no sense.
        public static let invalid = Code("invalid")
        /// The destination is in use, or holds something that would be mixed up with the result.
        public static let occupied = Code("occupied")
        /// What was written doesn't read back as it was.
        public static let mismatch = Code("mismatch")
        /// The work was cancelled before its end.
        public static let cancelled = Code("cancelled")
        /// A member can't be unpacked safely.
        public static let refused = Code("refused")
        /// The system refused an operation.
        public static let system = Code("system")
    }

    /// The kind of failure.
    public let code: Code
    /// The file or folder on disk.
    public let file: String
    /// The member within it, if one was at stake.
    public let member: String?
    /// Where in the file, in bytes from its start.
    public let byteOffset: UInt64?
    /// What is wrong, in one line, with advice where there is any.
    public let reason: String
    /// The system's `errno`, where it was the system that refused.
    public let systemError: Int32?

    /// Makes an error; libraries that bring their own stores use it too.
    public init(
        _ code: Code, file: String, member: String? = nil, byteOffset: UInt64? = nil,
        reason: String, systemError: Int32? = nil
    ) {
        self.code = code
        self.systemError = systemError
        self.file = file
        self.member = member
        self.byteOffset = byteOffset
        self.reason = reason
    }

    /// Whether the same call may well succeed a little later: an I/O error, a stale handle of a
    /// network file system, an interruption, a time-out.
    public var isTransient: Bool {
        [EIO, ESTALE, EINTR, EAGAIN, ETIMEDOUT].contains { $0 == systemError }
    }

    /// Place, then reason: `00123.tar!00123/x.jpg at byte 512: truncated, …`.
    public var description: String {
        var place = file
        if let member { place += "!\(member)" }
        if let byteOffset { place += " at byte \(byteOffset)" }
        return "\(place): \(reason)"
    }
}

extension StoreError {
    /// An error with the system's own words for `errno`.
    package static func system(
        _ path: String, _ verb: String, member: String? = nil, byteOffset: UInt64? = nil
    ) -> StoreError {
        let number = errno
        var words = unsafe String(cString: strerror(number))
        if number == ENOENT, let target = Disk.target(ofLink: path) {
            words = "a link that leads nowhere, to \(target)"
        } else if number == ENOENT, !path.hasPrefix("/"), let folder = Disk.workingFolder {
            words += " (in \(folder))"
        }
        return StoreError(
            number == ENOENT || number == ENOTDIR ? .missing : .system, file: path, member: member,
            byteOffset: byteOffset, reason: "can't \(verb): \(words)", systemError: number)
    }
}
