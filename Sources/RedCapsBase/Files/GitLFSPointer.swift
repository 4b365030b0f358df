/// The small text that Git leaves in place of a file where Git LFS wasn't there to fetch it.
package enum GitLFSPointer {
    private static let beginning = Array("version https://git-lfs.github.com/spec/".utf8)

    /// Whether a file that begins so is one.
    package static func isBegun(by bytes: some Collection<UInt8>) -> Bool {
        bytes.starts(with: beginning)
    }

    /// What to say of it, after its name.
    package static let reason =
        "a Git LFS pointer in place of the file itself: fetch it with `git lfs pull`, or download it "
        + "with `hf download`"
}
