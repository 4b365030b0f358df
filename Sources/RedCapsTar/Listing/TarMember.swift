/// One member of a tar, as its header tells.
public struct TarMember: Sendable, Hashable {
    /// What a member is. Only files are served.
    public enum Kind: UInt8, Sendable {
        /// An ordinary file whose bytes lie in one range.
        case file
        /// A directory.
        case directory
        /// A symbolic link; never followed.
        case symbolicLink
        /// A hard link to another member; never followed.
        case hardLink
        /// A device, a pipe or a socket.
        case special
        /// A file with holes, whose bytes don't lie in one range.
        case sparse
    }

    /// The name as the archive has it.
    public let name: [UInt8]
    /// What it is.
    public let kind: Kind
    /// Where its bytes begin, from the start of the shard.
    public let offset: UInt64
    /// How many bytes it has.
    public let size: UInt64
}
