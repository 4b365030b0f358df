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
        if let failure = listing.failure {
            findings.append(Finding(failure))
        } else if let end = listing.end {
            if let finding = Self.ending(end, path, listing.byteCount) { findings.append(finding) }
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

    /// What is wrong with the end of a shard that could be listed to it.
    private static func ending(
        _ end: ShardListing.End, _ path: String, _ byteCount: UInt64
    ) -> Finding? {
        guard end.hasMarker else {
            return Finding(
                .noEndMarker, file: path, byteOffset: end.offset,
                "no end marker; the shard may have been cut between two members")
        }
        let piece: UInt64 = 1 << 20
        do throws(StoreError) {
            let file = try OpenFile(path)
            for start in stride(from: end.offset, to: byteCount, by: Int(piece)) {
                let count = Int(min(piece, byteCount - start))
                let bytes = try file.bytes(at: start, count: count)
                guard let place = bytes.firstIndex(where: { $0 != 0 }) else { continue }
                return trailing(at: start + UInt64(place), path, byteCount, file)
            }
            return nil
        } catch { return Finding(error) }
    }

    private static func trailing(
        at offset: UInt64, _ path: String, _ byteCount: UInt64, _ file: OpenFile
    ) -> Finding {
        let block = (try? file.bytes(at: offset / 512 * 512, count: TarHeader.size)) ?? []
        let isArchive = unsafe block.withUnsafeBytes {
            unsafe $0.count == TarHeader.size && TarHeader($0) != nil
        }
        return Finding(
            .trailingData, file: path, byteOffset: offset,
            isArchive
                ? "another archive after the end marker; its members aren't served"
                : "\(byteCount - offset) bytes that aren't padding after the end marker")
    }
}
