import RedCapsBase
import RedCapsLoading
import RedCapsTar

/// The two files of a sample, as they were read or why they couldn't be; memory that is used again
/// and again.
///
/// @unchecked Sendable: one thread has it at a time. The loader hands it from the thread that reads
/// to the one that decodes, and back, under its lock.
public final class SampleFiles: @unchecked Sendable {
    /// The entry of the list that was read; `nil` if nothing was, or if it has been used.
    var entry: Int?
    var image = ReadBuffer()
    var annotation = ReadBuffer()
    private(set) var imagePath = ""
    private(set) var imageFailure: (any Error)?
    private(set) var annotationFailure: (any Error)?

    init() {}

    /// Reads an entry's files, again where that may help.
    func read(_ entry: Int, of list: any SampleList, index: Int, probe: LoadingProbe) {
        self.entry = entry
        (imageFailure, annotationFailure) = (nil, nil)
        probe.measure(.read, of: index) {
            do {
                try probe.retrying { imagePath = try list.read(.image, of: entry, into: &image) }
                probe.count(bytes: image.count)
            } catch {
                imageFailure = error
            }
            do {
                try probe.retrying {
                    _ = try list.read(.annotation, of: entry, into: &annotation)
                }
                probe.count(bytes: annotation.count)
            } catch {
                annotationFailure = error
            }
        }
    }
}
