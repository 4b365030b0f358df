import RedCapsBase

/// What a piece of a shard has come to.
struct Unpacked: Sendable {
    /// Files that are there.
    var files = 0
    var bytes: UInt64 = 0
    /// Files that a later member of the same path has replaced.
    var replaced = Replaced()
    var refused: [StoreError] = []
    /// What isn't as it should be, though nothing is known to be lost.
    var warnings: [StoreError] = []
    /// Folders that have a member of their own, to be given its mode and time.
    var folders: [Folder] = []

    struct Folder: Sendable {
        let path: MemberPath
        let mode: mode_t
        let time: FileTime
    }

    mutating func add(_ other: Unpacked) {
        files += other.files
        bytes += other.bytes
        replaced.add(other.replaced)
        refused += other.refused
        folders += other.folders
    }
}

/// A plain shard of files and folders only, each path once: its members can be unpacked in any order
/// by several threads.
struct SplitShard: Sendable {
    /// Members that are unpacked together.
    private static let membersPerPiece = 512
    private static let bytesPerPiece: UInt64 = 16 << 20

    let path: String
    /// What the shard was when it was listed.
    let stamp: FileStamp?
    private let members: TarMembers
    /// The path of each member, `nil` for one that is refused.
    private let paths: [MemberPath?]
    /// Members by number, piece after piece.
    let pieces: [Range<Int>]
    /// What was refused.
    let refused: [StoreError]
    /// Where chains of headers begin, other than after a member.
    private let starts: [UInt64]

    /// - Returns: `nil` for a shard whose members depend on one another or on their order.
    init?(_ listing: ShardListing, path: String, isCaseSensitive: Bool) {
        guard listing.end != nil else { return nil }
        var names = NameGuard(isCaseSensitive: isCaseSensitive)
        var paths: [MemberPath?] = []
        var refused: [StoreError] = []
        var files: Set<UInt64> = []
        var folders: Set<UInt64> = []
        for member in listing.members {
            guard member.kind == .file || member.kind == .directory else { return nil }
            var reason: String?
            var found: MemberPath?
            switch NameGuard.path(member.name) {
            case .failure(let refusal):
                // The archive's root, `./`, is nothing to be made.
                if member.kind == .directory, MemberPath.isRoot(member.name) { break }
                reason = refusal.reason
            case .success(let path):
                reason = names.collision(path)
                if reason != nil { break }
                found = path
                let hash = XXH64.hash(path.bytes)
                if member.kind == .file {
                    guard files.insert(hash).inserted else { return nil }
                } else {
                    folders.insert(hash)
                }
                if let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) {
                    folders.insert(XXH64.hash(Array(path.bytes[..<slash])))
                }
            }
            if let reason { refused.append(.refusal(reason, path, member.name, member.offset)) }
            paths.append(found)
        }
        guard files.isDisjoint(with: folders) else { return nil }
        members = listing.members
        stamp = listing.stamp
        starts = listing.ending.starts
        self.path = path
        self.paths = paths
        self.refused = refused
        pieces = Self.pieces(of: listing.members)
    }

    private static func pieces(of members: TarMembers) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var start = 0
        var bytes: UInt64 = 0
        for (number, row) in members.rows.enumerated() {
            bytes += row.size
            if number + 1 - start >= membersPerPiece || bytes >= bytesPerPiece {
                pieces.append(start..<(number + 1))
                (start, bytes) = (number + 1, 0)
            }
        }
        if start < members.count { pieces.append(start..<members.count) }
        return pieces
    }

    /// Unpacks a piece.
    func unpack(
        _ piece: Range<Int>, _ reader: ShardReader, into folder: StagingFolder,
        _ cancellation: Cancellation
    ) throws -> Unpacked {
        var unpacked = Unpacked()
        for number in piece {
            guard let target = paths[number] else { continue }
            try cancellation.check(path)
            let member = members[number]
            do {
                try unpack(member, number, target, reader, folder, cancellation, &unpacked)
            } catch let error as Refused {
                unpacked.refused.append(
                    .refusal(error.reason, path, member.name, member.offset))
            }
        }
        return unpacked
    }

    private func unpack(
        _ member: TarMember, _ number: Int, _ target: MemberPath, _ reader: ShardReader,
        _ folder: StagingFolder, _ cancellation: Cancellation, _ unpacked: inout Unpacked
    ) throws {
        let before = number == 0 ? 0 : members.rows[number - 1].end
        // Behind zeros headers begin anew.
        let gap = starts.last { $0 < member.offset }.map { max($0, before) } ?? before
        let (mode, time) = try reader.attributes(of: member, gap: gap)
        guard member.kind == .file else {
            try folder.makeFolder(target)
            return unpacked.folders.append(.init(path: target, mode: mode, time: time))
        }
        let file = try folder.makeFile(
            target, mode: mode, size: member.size, time: time, replaces: false)
        if let file {
            do { try reader.copy(member, to: folder, file, cancellation) } catch {
                folder.discard(file, at: target)
                throw error
            }
            try folder.finish(file, time: time)
        }
        unpacked.files += 1
        unpacked.bytes += member.size
    }
}

/// Unpacks a shard of any kind in the order of the archive.
struct StreamedShard {
    let path: String
    /// What a plain shard's listing says; of a compressed one only that it is compressed.
    let listing: ShardListing
    let isCaseSensitive: Bool

    /// Unpacks it.
    /// - Parameter progress: Told how many bytes of the shard have been read.
    /// - Returns: What was unpacked, and why the shard couldn't be read to its end if so.
    func unpack(
        into folder: StagingFolder, _ cancellation: Cancellation, progress: (UInt64) -> Void
    ) throws -> (unpacked: Unpacked, failure: StoreError?) {
        var unpacked = Unpacked()
        var names = NameGuard(isCaseSensitive: isCaseSensitive)
        var written: [UInt64: UInt64] = [:]
        let archive: ArchiveStream
        let gaps = listing.failure?.code == .compressed ? nil : listing.gaps
        do throws(StoreError) {
            archive = try ArchiveStream(path, without: gaps, cancellation)
        } catch {
            return (unpacked, error)
        }
        while true {
            try cancellation.check(path)
            progress(archive.position)
            let member: ArchiveStream.Member
            do throws(StoreError) {
                guard let next = try archive.next() else {
                    unpacked.warnings = gaps == nil ? archive.warnings : listing.warnings
                    let lost = gaps == nil ? archive.ending.failure(path) : listing.failure
                    return (unpacked, lost)
                }
                member = next
            } catch {
                guard error.code != .cancelled else { throw error }
                return (unpacked, loss(error))
            }
            do {
                try unpack(
                    member, archive, folder, cancellation, &names, &written, &unpacked)
            } catch let error as Refused {
                unpacked.refused.append(.refusal(error.reason, path, member.name, nil))
            } catch let error as StoreError
                where error.file == path && error.code != .cancelled
            {
                return (unpacked, loss(error))
            }
        }
    }

    /// What is told of a shard that can't be read to its end: of a plain one what its listing says, and
    /// so all verbs; libarchive only knows how far it has read.
    private func loss(_ error: StoreError) -> StoreError {
        guard let failure = listing.failure, failure.code != .compressed else { return error }
        return failure
    }

    private func unpack(
        _ member: ArchiveStream.Member, _ archive: ArchiveStream, _ folder: StagingFolder,
        _ cancellation: Cancellation, _ names: inout NameGuard, _ written: inout [UInt64: UInt64],
        _ unpacked: inout Unpacked
    ) throws {
        if case .folder = member.kind, MemberPath.isRoot(member.name) { return }
        let target = try NameGuard.path(member.name).get()
        if case .special = member.kind { throw Refused("a device, a pipe or a socket") }
        if let reason = names.collision(target) { throw Refused(reason) }
        switch member.kind {
        case .folder:
            try folder.makeFolder(target)
            unpacked.folders.append(.init(path: target, mode: member.mode, time: member.time))
        case .symbolicLink(let link):
            guard NameGuard.staysInside(target: link, of: target) else {
                throw Refused("a link that leads out, or whose way can't be told")
            }
            try folder.makeLink(target, to: link, time: member.time)
        case .hardLink(let name):
            try folder.makeHardLink(target, to: try NameGuard.path(name).get())
        case .file(let size):
            let earlier = written.updateValue(size, forKey: XXH64.hash(target.bytes))
            let file = try folder.makeFile(
                target, mode: member.mode, size: size, time: member.time, replaces: earlier != nil)
            if let file {
                do {
                    unsafe try archive.forEachPiece { bytes, offset in
                        try cancellation.check(path)
                        unsafe try folder.write(bytes, to: file, at: offset)
                    }
                } catch {
                    folder.discard(file, at: target)
                    throw error
                }
                try folder.finish(file, time: member.time, size: size)
            }
            unpacked.bytes += size
            if let earlier {
                unpacked.bytes -= earlier
                unpacked.replaced.add(target.description)
            } else {
                unpacked.files += 1
            }
        case .special: break
        }
    }
}

extension StoreError {
    /// A member that isn't unpacked.
    static func refusal(
        _ reason: String, _ shard: String, _ name: [UInt8], _ offset: UInt64?
    ) -> StoreError {
        StoreError(
            .refused, file: shard, member: String(decoding: name, as: UTF8.self),
            byteOffset: offset, reason: reason + "; it isn't unpacked")
    }
}

extension MemberPath {
    /// Whether a name is that of the root, such as `./`.
    static func isRoot(_ name: [UInt8]) -> Bool {
        var joined: [UInt8] = []
        let isSafe = unsafe name.withUnsafeBytes { unsafe append($0, to: &joined) }
        return !name.isEmpty && isSafe && joined.isEmpty
    }
}
