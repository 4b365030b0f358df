/// What a job knows of its pieces from one run to the next: a folder with a file for each record.
///
/// A record is written atomically and begins with its version, so that a run that is killed leaves
/// it whole or not at all:
///
///     8 bytes    RCSTATE and a line feed
///     4 bytes    the version, 1
///     4 + n      the length of the job's name, and the name
///     …          what the job has written
///     8 bytes    XXH64 of all before
///
/// Numbers are little-endian.
package struct JobState: Sendable {
    private static let magic = Array("RCSTATE\n".utf8)
    private static let version: UInt64 = 1

    /// Where the records lie.
    package let folder: String
    /// Whose they are; a record of another job isn't read.
    package let job: String

    /// What a record's file holds.
    package enum Record {
        /// What was written by `write`.
        case current(PackedReader)
        /// The file has no such beginning: it may be of a format from before this one.
        case older([UInt8])
    }

    /// Names the folder, which must be there when a record is written.
    package init(_ folder: String, job: String) { (self.folder, self.job) = (folder, job) }

    /// The file of a record.
    package func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Reads a record.
    /// - Returns: `nil` if there is none that is sound, of this version and of this job.
    package func read(_ name: String) -> Record? {
        guard let bytes = try? OpenFile.contents(of: path(name)) else { return nil }
        guard bytes.starts(with: Self.magic) else { return .older(bytes) }
        guard bytes.count >= Self.magic.count + 8 else { return nil }
        var end = PackedReader(Array(bytes.suffix(8)))
        guard end.number(8) == XXH64.hash(Array(bytes.dropLast(8))) else { return nil }
        var reader = PackedReader(Array(bytes.dropFirst(Self.magic.count).dropLast(8)))
        guard reader.number(4) == Self.version, reader.string() == job else { return nil }
        return .current(reader)
    }

    /// Writes a record, replacing one that is there.
    package func write(_ body: PackedBytes, as name: String) throws(StoreError) {
        var header = PackedBytes()
        header.append(Self.version, width: 4)
        header.append(job)
        var end = PackedBytes()
        let bytes = Self.magic + header.bytes + body.bytes
        end.append(XXH64.hash(bytes), width: 8)
        try Disk.write(bytes + end.bytes, to: path(name))
    }
}
