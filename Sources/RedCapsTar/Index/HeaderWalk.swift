/// The quick path through a tar: reads headers only and hops over the members' bytes.
///
/// It knows ustar, pax and GNU long names. At anything else it stops and says where, so that
/// libarchive can have a look; what it has found up to there is right.
struct HeaderWalk {
    /// How the walk ended.
    enum End {
        /// At the end marker or the end of the file.
        case complete
        /// At something that this walk doesn't know.
        case unknown
        /// At damage.
        case failed(StoreError)
    }

    private static let maximumExtension: UInt64 = 1 << 20

    private var reader: WindowedReader
    private let path: String
    private var longName: [UInt8]?
    private var paxName: [UInt8]?
    private var paxSize: UInt64?
    /// Whether an extended header has spoken of a member that hasn't come yet.
    private var awaitsMember = false
    private(set) var members: [TarMember] = []

    init(_ file: OpenFile, size: UInt64) {
        reader = WindowedReader(file, size: size)
        path = file.path
    }

    /// Walks to the end.
    mutating func run() -> End {
        var offset: UInt64 = 0
        do throws(StoreError) {
            while true {
                guard let block = try reader.block(at: offset) else {
                    return end(atPartialBlock: offset)
                }
                if block.allSatisfy({ $0 == 0 }) { return end(at: offset) }
                guard let header = TarHeader(block) else {
                    return .failed(damaged(at: offset))
                }
                guard let next = try read(header, at: offset) else { return .unknown }
                offset = next
            }
        } catch {
            return .failed(error)
        }
    }

    /// Takes in one header.
    /// - Returns: Where the next one is, or `nil` for what this walk doesn't know.
    private mutating func read(_ header: TarHeader, at offset: UInt64) throws(StoreError) -> UInt64?
    {
        guard var size = header.byteCount else { return nil }
        let body = offset + UInt64(TarHeader.size)
        switch header.typeFlag {
        case UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "x"), UInt8(ascii: "g"):
            guard size <= Self.maximumExtension else { return nil }
            let bytes = try reader.bytes(at: body, count: Int(size))
            if header.typeFlag != UInt8(ascii: "g") { awaitsMember = true }
            switch header.typeFlag {
            case UInt8(ascii: "L"): longName = Array(bytes.prefix { $0 != 0 })
            case UInt8(ascii: "x"): guard readPax(bytes) else { return nil }
            case UInt8(ascii: "g"):
                guard let records = PaxRecords(bytes) else { return nil }
                if records.changesMembers { throw unsupported(at: offset) }
            default: break
            }
            return Self.next(after: body, size)
        default:
            break
        }
        defer { (longName, paxName, paxSize, awaitsMember) = (nil, nil, nil, false) }
        let name = paxName ?? longName ?? header.name
        if let paxSize { size = paxSize }
        let kind: TarMember.Kind
        switch header.typeFlag {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
            // Old archives mark a directory by its name alone.
            kind = name.last == UInt8(ascii: "/") ? .directory : .file
        case UInt8(ascii: "5"): kind = .directory
        case UInt8(ascii: "1"): kind = .hardLink
        case UInt8(ascii: "2"): kind = .symbolicLink
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): kind = .special
        default: return nil
        }
        // Dialects disagree on whether bytes follow the header of a directory or a link.
        guard kind == .file || size == 0, !name.isEmpty else { return nil }
        guard let next = Self.next(after: body, size) else { return nil }
        members.append(TarMember(name: name, kind: kind, offset: body, size: size))
        guard body + size <= reader.size else {
            throw truncated(at: body, member: name, promised: size)
        }
        return next
    }

    private mutating func readPax(_ bytes: [UInt8]) -> Bool {
        guard let records = PaxRecords(bytes), !records.isSparse else { return false }
        paxName = records.path
        paxSize = records.size
        return true
    }

    /// The header after a member's bytes, which are padded to whole blocks.
    private static func next(after body: UInt64, _ size: UInt64) -> UInt64? {
        let block = UInt64(TarHeader.size)
        guard size < 1 << 62 else { return nil }
        return body + (size + block - 1) / block * block
    }

    private func end(at offset: UInt64) -> End {
        guard awaitsMember else { return .complete }
        return .failed(
            StoreError(
                .truncated, file: path, byteOffset: offset,
                reason: "truncated after an extended header, without its member"))
    }

    private func end(atPartialBlock offset: UInt64) -> End {
        // Without an end marker, as some writers leave it, the last member may lack its padding.
        if offset >= reader.size && reader.size > 0 { return end(at: reader.size) }
        if reader.size == 0 {
            return .failed(StoreError(.truncated, file: path, byteOffset: 0, reason: "empty file"))
        }
        return .failed(
            StoreError(
                .truncated, file: path, byteOffset: offset,
                reason: "truncated inside a header, \(reader.size - offset) bytes left"))
    }

    private func damaged(at offset: UInt64) -> StoreError {
        offset == 0
            ? StoreError(
                .notATar, file: path, byteOffset: 0,
                reason: "not a tar: the first header is no header")
            : StoreError(
                .notATar, file: path, byteOffset: offset,
                reason: "damaged header (its checksum doesn't fit); members after it aren't served")
    }

    /// libarchive would pass over such a header and give wrong sizes.
    private func unsupported(at offset: UInt64) -> StoreError {
        StoreError(
            .notATar, file: path, byteOffset: offset,
            reason: "a global header that sets the path or size of members, which isn't supported; "
                + "pack it again")
    }

    private func truncated(at body: UInt64, member: [UInt8], promised: UInt64) -> StoreError {
        .truncated(
            file: path, member: String(decoding: member, as: UTF8.self), at: body,
            promised: promised, left: reader.size > body ? reader.size - body : 0)
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

/// Reads small pieces of a file through a window, so that neighbouring headers cost one read.
private struct WindowedReader {
    private static let windowSize = 8192

    let file: OpenFile
    let size: UInt64
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0

    init(_ file: OpenFile, size: UInt64) {
        self.file = file
        self.size = size
    }

    /// The 512 bytes at an offset, or `nil` if the file ends before them.
    mutating func block(at offset: UInt64) throws(StoreError) -> ArraySlice<UInt8>? {
        let count = TarHeader.size
        guard offset <= size, size - offset >= UInt64(count) else { return nil }
        if offset < windowStart || offset + UInt64(count) > windowStart + UInt64(window.count) {
            try moveWindow(to: offset)
            guard window.count >= count else { return nil }
        }
        let start = Int(offset - windowStart)
        return window[start..<(start + count)]
    }

    /// A range of the file that may be longer than the window.
    func bytes(at offset: UInt64, count: Int) throws(StoreError) -> [UInt8] {
        guard offset <= size, size - offset >= UInt64(count) else {
            throw StoreError(
                .truncated, file: file.path, byteOffset: offset,
                reason: "truncated inside an extended header of \(count) bytes")
        }
        return try file.bytes(at: offset, count: count)
    }

    private mutating func moveWindow(to offset: UInt64) throws(StoreError) {
        window = try file.bytes(at: offset, count: Self.windowSize)
        windowStart = offset
    }
}
