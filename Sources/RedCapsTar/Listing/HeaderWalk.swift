import RedCapsBase

/// The quick path through a tar: reads headers only and hops over the members' bytes.
///
/// It knows ustar, pax, GNU's long names, and sparse members. At anything else it stops and says
/// where, so that libarchive can have a look; what it has found up to there is right.
struct HeaderWalk: ~Copyable {
    /// How the walk ended.
    enum Outcome {
        /// At the end marker or the end of the file.
        case complete
        /// At something that this walk doesn't know.
        case unknown
        /// At damage.
        case failed(StoreError)
    }

    private static let maximumExtension: UInt64 = 1 << 26

    private var window: ReadWindow
    private let path: String
    private let cancellation: Cancellation?
    private var longName: [UInt8]?
    private var paxName: [UInt8]?
    private var paxSize: UInt64?
    private var isPaxSparse = false
    /// Whether an extended header has spoken of a member that hasn't come yet.
    private var awaitsMember = false
    private(set) var members = TarMembers()
    /// Where the members end, once the walk is complete.
    var end = ShardListing.End(offset: 0, hasMarker: false)
    /// Where the last header is that was looked at, or should have been.
    private(set) var position: UInt64 = 0
    /// Whether it has ended after an extended header, without the member that this speaks of.
    private(set) var endsInExtension = false

    init(_ file: any ByteSource, size: UInt64, _ cancellation: Cancellation? = nil) {
        self.cancellation = cancellation
        window = ReadWindow(file, size: size)
        path = file.path
    }

    /// What one block turned out to be.
    private enum Step {
        case next(UInt64)
        case zeros
        case unknown
        case damaged
        case extended(UInt8, UInt64)
    }

    /// Walks from a header to the end marker or to the end of the file.
    mutating func run(from start: UInt64) -> Outcome {
        var offset = start
        (longName, paxName, paxSize, isPaxSparse, awaitsMember) = (nil, nil, nil, false, false)
        end = ShardListing.End(offset: 0, hasMarker: false)
        endsInExtension = false
        do throws(StoreError) {
            while true {
                position = offset
                if members.count & 1023 == 1023 { try cancellation?.check(path) }
                guard try window.move(to: offset, count: TarHeader.size) else {
                    return outcome(atPartialBlock: offset)
                }
                switch try step(at: offset) {
                case .next(let next): offset = next
                case .zeros:
                    self.end = ShardListing.End(offset: offset, hasMarker: true)
                    return outcome(at: offset)
                case .unknown: return .unknown
                case .damaged: return .failed(damaged(at: offset))
                case .extended(let flag, let size):
                    guard let next = try readExtension(flag, size, at: offset) else {
                        return .unknown
                    }
                    offset = next
                }
            }
        } catch {
            return .failed(error)
        }
    }

    /// Takes in the header in the window.
    private mutating func step(at offset: UInt64) throws(StoreError) -> Step {
        let block = unsafe window.bytes
        guard let header = unsafe TarHeader(block) else {
            return unsafe block.allSatisfy { $0 == 0 } ? .zeros : .damaged
        }
        guard var size = header.byteCount else { return .unknown }
        var body = offset + UInt64(TarHeader.size)
        let kind: TarMember.Kind
        switch header.typeFlag {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = isPaxSparse ? .sparse : .file
        case UInt8(ascii: "5"): kind = .directory
        case UInt8(ascii: "1"): kind = .hardLink
        case UInt8(ascii: "2"): kind = .symbolicLink
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): kind = .special
        case UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "x"), UInt8(ascii: "g"):
            return .extended(header.typeFlag, size)
        case UInt8(ascii: "S"): kind = .sparse
        default: return .unknown
        }
        if let paxSize { size = paxSize }
        // Dialects disagree on whether bytes follow the header of a directory or a link.
        guard kind == .file || kind == .sparse || size == 0 else { return .unknown }
        guard append(header, kind, body, size) else { return .unknown }
        if header.hasSparseMapAfterIt { try skipSparseMap(&body) }
        guard let next = Self.next(after: body, size) else { return .unknown }
        (longName, paxName, paxSize, isPaxSparse, awaitsMember) = (nil, nil, nil, false, false)
        guard body + size <= window.size else { throw truncated(at: body, promised: size) }
        return .next(next)
    }

    /// Adds a member under the name that its header or an extended one gives.
    /// - Returns: Whether it has a name and is what its name says.
    private mutating func append(
        _ header: TarHeader, _ kind: TarMember.Kind, _ body: UInt64, _ size: UInt64
    ) -> Bool {
        let extended = paxName ?? longName
        let last = members.appendName { names in
            if let extended { names += extended } else { header.appendName(to: &names) }
        }
        guard let last else { return false }
        // Old archives mark a directory by its name alone.
        let isFolder = kind == .file && last == UInt8(ascii: "/")
        guard !isFolder || size == 0 else { return false }
        members.append(
            kind: isFolder ? .directory : kind, offset: body, size: kind == .sparse ? 0 : size)
        return true
    }

    /// Moves past the blocks that go on with the map of a sparse member.
    private mutating func skipSparseMap(_ offset: inout UInt64) throws(StoreError) {
        repeat {
            guard try window.move(to: offset, count: TarHeader.size) else {
                throw truncated(at: offset, promised: UInt64(TarHeader.size))
            }
            offset += UInt64(TarHeader.size)
        } while unsafe window.bytes[TarHeader.sparseContinuation] != 0
    }

    /// Takes in the body of an extended header.
    /// - Returns: Where the next header is, or `nil` for what this walk doesn't know.
    private mutating func readExtension(
        _ flag: UInt8, _ size: UInt64, at offset: UInt64
    ) throws(StoreError) -> UInt64? {
        guard size <= Self.maximumExtension else { return nil }
        let body = offset + UInt64(TarHeader.size)
        guard try window.move(to: body, count: Int(size)) else {
            throw StoreError(
                .truncated, file: path, byteOffset: body,
                reason: "truncated inside an extended header of \(size) bytes")
        }
        let bytes = unsafe Array(window.bytes)
        if flag != UInt8(ascii: "g") { awaitsMember = true }
        switch flag {
        case UInt8(ascii: "L"): longName = Array(bytes.prefix { $0 != 0 })
        case UInt8(ascii: "x"):
            guard let records = PaxRecords(bytes) else { return nil }
            paxName = records.sparsePath ?? records.path
            paxSize = records.size
            isPaxSparse = records.isSparse
        case UInt8(ascii: "g"):
            guard let records = PaxRecords(bytes) else { return nil }
            if records.changesMembers { throw unsupported(at: offset) }
        default: break
        }
        return Self.next(after: body, size)
    }

    /// The header after a member's bytes, which are padded to whole blocks.
    private static func next(after body: UInt64, _ size: UInt64) -> UInt64? {
        guard size < 1 << 62 else { return nil }
        return body + TarHeader.padded(size)
    }

    /// Forgets members from a number on.
    mutating func forget(from count: Int) { members.truncate(to: count) }

    private mutating func outcome(at offset: UInt64) -> Outcome {
        guard awaitsMember else { return .complete }
        endsInExtension = true
        return .failed(
            StoreError(
                .truncated, file: path, byteOffset: offset,
                reason: "truncated after an extended header, without its member"))
    }

    private mutating func outcome(atPartialBlock offset: UInt64) -> Outcome {
        self.end = ShardListing.End(offset: min(offset, window.size), hasMarker: false)
        // Without an end marker, as some writers leave it, the last member may lack its padding.
        if offset >= window.size && window.size > 0 { return outcome(at: window.size) }
        if window.size == 0 {
            return .failed(StoreError(.truncated, file: path, byteOffset: 0, reason: "empty file"))
        }
        return .failed(
            StoreError(
                offset == 0 ? .notATar : .truncated, file: path, byteOffset: offset,
                reason: "truncated inside a header, \(window.size - offset) bytes left"))
    }

    private func damaged(at offset: UInt64) -> StoreError {
        offset == 0
            ? StoreError(
                .notATar, file: path, byteOffset: 0,
                reason: "not a tar: the first header is no header")
            : StoreError(
                .notATar, file: path, byteOffset: offset,
                reason: "damaged header (its checksum doesn't fit); members after it aren't "
                    + "served: \(window.size - offset) bytes are lost")
    }

    /// libarchive would pass over such a header and give wrong sizes.
    private func unsupported(at offset: UInt64) -> StoreError {
        StoreError(
            .notATar, file: path, byteOffset: offset,
            reason: "a global header that sets the path or size of members, which isn't supported; "
                + "write the tar anew without it")
    }

    private func truncated(at body: UInt64, promised: UInt64) -> StoreError {
        .truncated(
            file: path, member: members.last.map { String(decoding: $0.name, as: UTF8.self) } ?? "",
            at: body, promised: promised, left: window.size > body ? window.size - body : 0)
    }
}

extension StoreError {
    /// A member that its shard is too short for.
    static func truncated(
        file: String, member: String, at offset: UInt64, promised: UInt64, left: UInt64
    ) -> StoreError {
        StoreError(
            .truncated, file: file, member: member, byteOffset: offset,
            reason: "truncated, header promises \(promised) bytes, \(left) left")
    }
}
