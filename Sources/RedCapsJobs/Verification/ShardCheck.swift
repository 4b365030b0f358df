package import RedCapsBase
import RedCapsTar

/// Reads a shard's structure anew, whatever an index says of it.
package struct ShardCheck: Sendable {
    /// What is wrong, in the order of the archive.
    package let findings: [Finding]
    /// Members of all kinds.
    package let memberCount: Int

    /// Checks a shard.
    package init(_ path: String, _ cancellation: Cancellation?) {
        let listing = ShardListing(path: path, cancellation: cancellation)
        memberCount = listing.members.count
        var findings = Self.membersOf(listing, path)
        if listing.ending.losses.isEmpty {
            if let failure = listing.failure { findings.append(Finding(failure)) }
        } else {
            findings += listing.ending.losses.map { Self.finding($0, path) }
        }
        findings += listing.warnings.map { warning in
            Finding(
                warning.code == .truncated ? .noEndMarker : .trailingData, file: path,
                byteOffset: warning.byteOffset, warning.reason)
        }
        self.findings = findings
    }

    private static func membersOf(_ listing: ShardListing, _ path: String) -> [Finding] {
        var findings: [Finding] = []
        var end: UInt64 = 0
        for member in listing.members {
            let name = String(decoding: member.name, as: UTF8.self)
            if member.offset < end {
                findings.append(
                    Finding(
                        .overlap, file: path, member: name, byteOffset: member.offset,
                        "the member before it ends at byte \(end)"))
            }
            end = member.offset &+ member.size
            guard member.kind != .directory else { continue }
            let isLong = member.name.count > MemberRecord.longestPath
            if isLong || MemberPath(bytes: member.name) == nil {
                findings.append(
                    Finding(
                        .unsafePath, file: path, member: isLong ? "\(name.prefix(100))…" : name,
                        byteOffset: member.offset,
                        isLong
                            ? "a path of \(member.name.count) bytes; it is never served"
                            : "absolute, with \"..\" or with a NUL; it is never served"))
            }
        }
        return findings
    }

    private static func finding(_ loss: ShardEnding.Loss, _ path: String) -> Finding {
        let alone = ShardEnding(losses: [loss])
        return Finding(
            loss.kind == .hole ? .damaged : .trailingData, file: path,
            byteOffset: loss.range.lowerBound, alone.failure(path)?.reason ?? "")
    }
}
