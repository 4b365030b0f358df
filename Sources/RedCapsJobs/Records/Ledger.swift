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

    /// The batches before the point where the run goes on that the ledger doesn't have; empty if it has
    /// the last one. After a crash, for a new file, and where batches were stepped over.
    public let missingBatches: Range<Int>
    /// Whether the batches of an earlier run were in the file, and have made way for this one's.
    public let isBegunAnew: Bool

    /// Opens the ledger of a run.
    /// - Parameters:
    ///   - path: The file; a device or a pipe is written to as it is.
    ///   - point: Where the run goes on: of a ledger that is there, the batches before this point
    ///     stay, and later ones are cut off, which a killed run may have written, as is half a
    ///     line. Only the end of the file is looked at. `nil` begins anew.
    /// - Throws: `RunFileError` with `unwritable`, and with `foreign` if the file holds something that
    ///   is no ledger: nothing of it is lost.
    public init(_ path: String, goingOnAt point: ResumePoint? = nil) throws(RunFileError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .unwritable(path, .system(path, "write")) }
        do throws(StoreError) {
            (missingBatches, isBegunAnew) = try Self.prepare(path, descriptor, point)
        } catch {
            close(descriptor)
            guard error.code == .occupied else { throw .unwritable(path, error) }
            throw RunFileError(.foreign, file: path, reason: error.reason)
        }
        (self.path, self.descriptor) = (path, descriptor)
    }

    /// Finds out whether a ledger can be written; nothing is touched.
    /// - Throws: `RunFileError` with `unwritable`, and with `foreign` if the file holds something else.
    package static func check(_ path: String) throws(RunFileError) {
        do throws(StoreError) {
            guard Disk.isFile(path) else {
                // About a line's length.
                return try OutputFile.check(path, with: [UInt8](repeating: 0, count: 1 << 12))
            }
            guard unsafe access(path, R_OK | W_OK) == 0 else { throw .system(path, "write") }
            let bytes = try OpenFile(path).bytes(at: 0, count: beginning.count)
            guard begins(bytes) else { throw foreign(path) }
        } catch {
            guard error.code == .occupied else { throw .unwritable(path, error) }
            throw RunFileError(.foreign, file: path, reason: error.reason)
        }
    }

    deinit { close(descriptor) }

    /// Adds a batch.
    /// - Throws: `RunFileError` with `unwritable`, as on a full disk.
    public func append(_ batch: CaptionBatch) throws(RunFileError) {
        let line = Array((LedgerLine(batch).text + "\n").utf8)
        guard unsafe line.withUnsafeBytes({ unsafe System.write($0, to: descriptor) }) else {
            throw .unwritable(path, .system(path, "write"))
        }
    }

    // MARK: Going on

    /// Cuts what doesn't stay of a file that is there.
    /// - Throws: `StoreError` with `occupied` if it is no ledger.
    private static func prepare(
        _ path: String, _ descriptor: CInt, _ point: ResumePoint?
    ) throws(StoreError) -> (missing: Range<Int>, isBegunAnew: Bool) {
        guard Disk.isFile(path) else { return (0..<0, false) }
        let file = try OpenFile(path)
        let size = try file.size()
        var (end, missing): (UInt64, Range<Int>) = (0, 0..<0)
        if let point {
            let kept = try self.end(of: file, size, before: point.batch)
            (end, missing) = (kept.end, kept.batches..<max(kept.batches, point.batch))
        } else if !begins(try file.bytes(at: 0, count: beginning.count)) {
            throw foreign(path)
        }
        guard end == size || ftruncate(descriptor, off_t(end)) == 0 else {
            throw .system(path, "cut")
        }
        lseek(descriptor, 0, SEEK_END)
        return (missing, point == nil && size > 0)
    }

    private static func foreign(_ path: String) -> StoreError {
        StoreError(
            .occupied, file: path,
            reason: "holds something that is no ledger: choose another name for it")
    }

    /// How each line begins.
    private static let beginning = Array(#"{"batch": "#.utf8)

    /// Whether bytes may be the beginning of a line.
    private static func begins(_ bytes: [UInt8]) -> Bool {
        zip(bytes, beginning).allSatisfy { $0 == $1 }
    }

    /// Where the lines of the batches below a number end, and the number behind the last of them.
    /// - Throws: `StoreError` with `occupied` if there are other lines.
    private static func end(
        of file: OpenFile, _ size: UInt64, before batch: Int
    ) throws(StoreError) -> (end: UInt64, batches: Int) {
        var end = try start(ofLineEndingAt: size, file)
        let half = try file.bytes(at: end, count: min(beginning.count, Int(clamping: size - end)))
        guard begins(half) else { throw foreign(file.path) }
        while end > 0 {
            let start = try start(ofLineEndingAt: end - 1, file)
            let line = try file.bytes(at: start, count: Int(clamping: end - start))
            guard let number = number(line) else {
                throw foreign(file.path)
            }
            if number < batch { return (end, number + 1) }
            end = start
        }
        return (0, 0)
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
