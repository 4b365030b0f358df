import RedCapsBase
import RedCapsLoading
import RedCapsTar

/// The files of a sample, part by part, as they were read or why they couldn't be; memory that is
/// used again and again.
///
/// @unchecked Sendable: one thread has it at a time. The loader hands it from the thread that reads
/// to the one that decodes, and back, under its lock.
public final class SampleFiles: @unchecked Sendable {
    /// The entry of the manifest that was read; `nil` if nothing was, or if it has been used.
    var entry: Int?
    /// In the order of the index's parts.
    private(set) var parts: [PartFile] = []
    private(set) var imagePath = ""
    /// Where the entry's files lie.
    let lookup = RowLookup()

    /// One part's file.
    final class PartFile {
        var buffer = ReadBuffer()
        fileprivate(set) var failure: (any Error)?

        /// The bytes.
        /// - Throws: Why they couldn't be read.
        func bytes() throws -> [UInt8] {
            if let failure { throw failure }
            return buffer.copy()
        }
    }

    init() {}

    var image: PartFile { parts[0] }
    var annotation: PartFile { parts[1] }

    /// Reads an entry's files, again where that may help.
    func read(_ entry: Int, of samples: SampleIndex, index: Int, probe: LoadingProbe) {
        self.entry = entry
        while parts.count < samples.parts.count { parts.append(PartFile()) }
        probe.measure(.read, of: index) {
            do {
                try probe.retrying { try samples.look(up: entry, lookup) }
            } catch {
                for part in parts { part.failure = error }
                return
            }
            for (column, part) in parts.enumerated() {
                do {
                    try probe.retrying {
                        try samples.read(column, lookup, into: &part.buffer)
                    }
                    part.failure = nil
                    probe.count(bytes: part.buffer.count)
                } catch {
                    part.failure = error
                }
            }
            do {
                if image.failure == nil { imagePath = try lookup.path(0) }
            } catch {
                image.failure = error
            }
        }
    }
}
