import RedCapsBase

/// Which files of a folder earlier runs have downsampled, from what, and what the results hold: each
/// run adds to a file of its own, a record as soon as a result has its name.
///
/// A record, little-endian: the name's length (4) and the name, the input's length (8) and time of the
/// last change in nanoseconds (8), the XXH64 of the result (8), and the XXH64 of all that (8). Reading
/// ends at the first that isn't whole, as a killed run leaves one.
struct FileJournal {
    struct Entry: Sendable, Equatable {
        /// What the input was.
        let input: FileStamp
        /// The hash of the result's bytes.
        let result: UInt64
    }

    private let path: String
    private let prefix: String
    private let state: String
    private let descriptor = ConditionLock<Descriptor?>(nil)

    /// Closes with the journal.
    private final class Descriptor: Sendable {
        let number: CInt
        init(_ number: CInt) { self.number = number }
        deinit { close(number) }
    }

    /// - Parameters:
    ///   - state: The folder of the job's state.
    ///   - folder: The folder of the files, relative to the input.
    init(_ state: String, of folder: String) {
        self.state = state
        prefix = "files-\(String(XXH64.hash(Array(folder.utf8)), radix: 16))-"
        let unique = "\(getpid())-\(String(UInt64.random(in: 0...(.max)), radix: 36))"
        path = "\(state)/\(prefix)\(unique)"
    }

    /// What earlier runs, and others at this time, have noted, by name. Of several records of one name
    /// any may be that of the result that is there.
    func entries() throws(StoreError) -> [[UInt8]: [Entry]] {
        var entries: [[UInt8]: [Entry]] = [:]
        for name in try FolderListing.fileNames(state) where name.hasPrefix(prefix) {
            // By the bytes of names: two spellings of one text are two files.
            var reader = PackedReader(try OpenFile.contents(of: "\(state)/\(name)"))
            while let (name, entry) = Self.next(&reader) {
                entries[name, default: []].append(entry)
            }
        }
        return entries
    }

    private static func next(_ reader: inout PackedReader) -> (name: [UInt8], entry: Entry)? {
        guard let name = reader.text(), let size = reader.number(8), let time = reader.number(8),
            let result = reader.number(8), let check = reader.number(8)
        else { return nil }
        let input = FileStamp(byteCount: size, modified: Int64(bitPattern: time))
        let entry = Entry(input: input, result: result)
        return check == XXH64.hash(packed(name, entry).bytes) ? (name, entry) : nil
    }

    private static func packed(_ name: [UInt8], _ entry: Entry) -> PackedBytes {
        var bytes = PackedBytes()
        bytes.append(name)
        bytes.append(entry.input.byteCount, width: 8)
        bytes.append(UInt64(bitPattern: entry.input.modified), width: 8)
        bytes.append(entry.result, width: 8)
        return bytes
    }

    /// Notes a file whose result has its name.
    func note(_ entry: Entry, of name: String) throws(StoreError) {
        var bytes = Self.packed(Array(name.utf8), entry)
        bytes.append(XXH64.hash(bytes.bytes), width: 8)
        let path = path
        try descriptor.update { (open) throws(StoreError) in
            if open == nil { open = try Self.make(path) }
            guard let file = open else { return }
            let isWritten = unsafe bytes.bytes.withUnsafeBytes {
                unsafe System.write($0, to: file.number)
            }
            guard isWritten else { throw .system(path, "write") }
        }
    }

    private static func make(_ path: String) throws(StoreError) -> Descriptor {
        let number = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw .system(path, "write") }
        return Descriptor(number)
    }
}
