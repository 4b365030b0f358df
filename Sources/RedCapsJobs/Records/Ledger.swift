import RedCapsBase
public import RedCapsCore
public import RedCapsLoading

/// A file with a line of JSON for each batch that was delivered: what it held and what failed. One
/// for each rank.
///
/// A line is written as soon as its batch is added; after a crash of the machine the last ones may
/// be missing, as may those of a run that is killed between a batch and its line.
public final class Ledger: Sendable {
    /// The file, as it was given.
    public let path: String
    private let descriptor: CInt

    /// Opens the ledger of a run.
    /// - Parameters:
    ///   - path: The file.
    ///   - point: Where the run goes on: of a ledger that is there, the batches before this point
    ///     stay, and later ones are cut off, which a killed run may have written, as is half a
    ///     line. Only the end of the file is looked at. `nil` begins anew.
    /// - Throws: `RunFileError` with `unwritable`.
    public init(_ path: String, goingOnAt point: ResumePoint? = nil) throws(RunFileError) {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | (point == nil ? O_TRUNC : 0)
        descriptor = unsafe open(path, flags, 0o666)
        self.path = path
        guard descriptor >= 0 else {
            throw RunFileError(.unwritable, file: path, reason: "can't be written")
        }
        if let point { try cut(to: point.batch) }
        lseek(descriptor, 0, SEEK_END)
    }

    deinit { close(descriptor) }

    /// Adds a batch.
    /// - Throws: `RunFileError` with `unwritable`, as on a full disk.
    public func append(_ batch: CaptionBatch) throws(RunFileError) {
        let line = Array((LedgerLine(batch).text + "\n").utf8)
        guard unsafe line.withUnsafeBytes({ unsafe System.write($0, to: descriptor) }) else {
            throw RunFileError(.unwritable, file: path, reason: "can't be written")
        }
    }

    // MARK: Going on

    /// Cuts half a line, and the batches from a number on.
    private func cut(to batch: Int) throws(RunFileError) {
        do throws(StoreError) {
            let file = try OpenFile(path)
            let size = try file.size()
            var end = try Self.start(ofLineEndingAt: size, file)
            while end > 0 {
                let start = try Self.start(ofLineEndingAt: end - 1, file)
                let line = try file.bytes(at: start, count: Int(clamping: end - start))
                if let number = Self.number(line), number < batch { break }
                end = start
            }
            guard end == size || ftruncate(descriptor, off_t(end)) == 0 else {
                throw .system(path, "cut")
            }
        } catch {
            throw RunFileError(.unwritable, file: path, reason: "can't be written")
        }
    }

    /// Where the line begins that ends, without a line feed, before an offset.
    private static func start(
        ofLineEndingAt end: UInt64, _ file: OpenFile
    ) throws(StoreError) -> UInt64 {
        let piece: UInt64 = 1 << 16
        var end = end
        while end > 0 {
            let start = end > piece ? end - piece : 0
            let bytes = try file.bytes(at: start, count: Int(end - start))
            if let place = bytes.lastIndex(of: UInt8(ascii: "\n")) {
                return start + UInt64(place) + 1
            }
            end = start
        }
        return 0
    }

    private static func number(_ line: [UInt8]) -> Int? {
        guard case .object(let object)? = try? JSONValue(parsing: line),
            case .integer(let batch)? = object["batch"]
        else { return nil }
        return batch
    }
}
