import RedCapsBase
import RedCapsTar

/// Reads a list of samples piece by piece: `[{"image": …, "annotation": …}, …]`, as `json.load`
/// would take it, in memory that doesn't grow with the list.
///
/// Entries of plain strings, as nearly all are, are read where they lie. Anything else is handed,
/// entry by entry, to `JSONScanner`, which knows all of JSON.
@safe struct ListReader: ~Copyable {
    private static let pieceSize = 1 << 20

    private let file: OpenFile
    private var memory: UnsafeMutableRawBufferPointer
    /// The bytes in memory that aren't read yet.
    private var start = 0
    private var end = 0
    /// Where in the file the memory begins.
    private var base: UInt64 = 0
    private var isAtEnd = false
    /// A hash of the bytes read so far.
    private(set) var hash: UInt64 = 0

    /// The keys of the paths that are wanted, and those of the entry that is being read.
    private let keys: [[UInt8]]
    private var values: [BorrowedBytes?]

    /// - Parameter parts: Whose paths are wanted.
    init(_ path: String, _ parts: [SamplePart] = [.image, .annotation]) throws(StoreError) {
        keys = parts.map { Array($0.name.utf8) }
        values = Array(repeating: nil, count: parts.count)
        let file = try OpenFile(path)
        _ = try file.size()  // refuses what isn't a file
        self.file = file
        unsafe memory = .allocate(byteCount: 2 * Self.pieceSize, alignment: 16)
    }

    deinit { unsafe memory.deallocate() }

    /// What an entry of the list holds: the paths of its parts, as bytes, where there are such.
    typealias Row = ([BorrowedBytes?]) throws -> Void

    /// Reads the whole list.
    /// - Throws: `JSONError` with the place, `StoreError`, and what `body` throws.
    mutating func run(_ body: Row) throws {
        guard try next() == UInt8(ascii: "[") else {
            let head = try file.bytes(at: 0, count: 64)
            throw failure(
                GitLFSPointer.isBegun(by: head)
                    ? GitLFSPointer.reason : "expected an array of samples")
        }
        start += 1
        if try next() == UInt8(ascii: "]") {
            start += 1
        } else {
            repeat {
                try readEntry(body)
                let separator = try next()
                guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "]") else {
                    throw failure("expected \",\" or \"]\"")
                }
                start += 1
                if separator == UInt8(ascii: "]") { break }
            } while true
        }
        if try next() != nil { throw failure("extra data") }
    }

    /// The hash of a list's bytes that reading it to its end gives.
    static func hash(
        of path: String, _ cancellation: Cancellation? = nil
    ) throws(StoreError) -> UInt64 {
        var list = try ListReader(path, [])
        while try list.readMore() {
            try cancellation?.check(path)
            list.start = list.end
        }
        return list.hash
    }

    private func failure(_ reason: String) -> JSONError {
        JSONError(byteOffset: Int(base) + start, reason: reason)
    }

    // MARK: Bytes

    /// The next byte that isn't white space, without consuming it; `nil` at the end of the file.
    private mutating func next() throws(StoreError) -> UInt8? {
        while true {
            while start < end {
                let byte = unsafe memory[start]
                guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else {
                    return byte
                }
                start += 1
            }
            guard try readMore() else { return nil }
        }
    }

    /// Reads on in the file. What isn't consumed yet moves to the front of the memory.
    /// - Returns: Whether there was more.
    private mutating func readMore() throws(StoreError) -> Bool {
        if isAtEnd { return false }
        let left = end - start
        if left > 0 && start > 0 {
            unsafe memory.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: memory[start..<end]))
        }
        base += UInt64(start)
        (start, end) = (0, left)
        if unsafe memory.count - end < Self.pieceSize {
            // An entry longer than the memory; it can't be longer than the file.
            let larger = unsafe UnsafeMutableRawBufferPointer.allocate(
                byteCount: 2 * memory.count, alignment: 16)
            unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<end]))
            unsafe memory.deallocate()
            unsafe memory = larger
        }
        let room = unsafe UnsafeMutableRawBufferPointer(
            rebasing: memory[end..<(end + Self.pieceSize)])
        let count = unsafe try file.read(at: base + UInt64(end), into: room)
        let piece = unsafe UnsafeRawBufferPointer(rebasing: room[..<count])
        hash = unsafe XXH64.hash(piece, seed: hash)
        end += count
        isAtEnd = count < Self.pieceSize
        return count > 0
    }

    // MARK: Entries

    private mutating func readEntry(_ body: Row) throws {
        while true {
            _ = try next()
            var plain = unsafe SimpleEntryReader(
                UnsafeRawBufferPointer(rebasing: memory[start..<end]))
            switch plain.read(keys, into: &values) {
            case .complete:
                try body(values)
                start += plain.position
                return
            case .unfinished where try readMore(): continue
            case .unfinished, .other: return try readOddEntry(body)
            }
        }
    }

    /// Reads an entry of any other kind.
    private mutating func readOddEntry(_ body: Row) throws {
        var extent = EntryExtent()
        var length = 0
        while true {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: memory[(start + length)..<end])
            let found = unsafe extent.find(in: rest)
            length += found ?? rest.count
            if found != nil { break }
            guard try readMore() else { break }
        }
        let bytes = unsafe Array(memory[start..<(start + length)])
        var paths = [[UInt8]?](repeating: nil, count: keys.count)
        do {
            var scanner = JSONScanner(bytes, depth: 1)
            if try scanner.peek() == UInt8(ascii: "{") {
                try scanner.readObject { (key, scanner) throws(JSONError) in
                    if let place = keys.firstIndex(where: { key.utf8.elementsEqual($0) }) {
                        paths[place] = try Self.path(&scanner)
                    } else {
                        try scanner.skipValue()
                    }
                }
            } else {
                try scanner.skipValue()
            }
            try scanner.finish()
        } catch {
            throw JSONError(
                byteOffset: Int(base) + start + error.byteOffset, reason: error.reason)
        }
        start += length
        try BorrowedBytes.of(paths, body)
    }

    /// Reads a string; anything else is passed over and isn't a path.
    private static func path(_ scanner: inout JSONScanner) throws(JSONError) -> [UInt8]? {
        if try scanner.peek() == UInt8(ascii: "\"") { return try scanner.readPath() }
        try scanner.skipValue()
        return nil
    }
}

/// Finds where an entry of an array ends: at a comma or a bracket that isn't inside of it.
private struct EntryExtent {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// Goes through the next bytes.
    /// - Returns: How many of them belong to the entry, or `nil` if it doesn't end in them.
    mutating func find(in bytes: UnsafeRawBufferPointer) -> Int? {
        for place in bytes.indices {
            let byte = unsafe bytes[place]
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "]"):
                if depth <= 0 { return place }
                depth -= 1
            case UInt8(ascii: ","):
                if depth <= 0 { return place }
            default: break
            }
        }
        return nil
    }
}
