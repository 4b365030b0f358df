import RedCapsBase
public import RedCapsCore
import RedCapsLoading

/// What a batch holds, as one line of JSON with SHA-256 sums, to be compared with the reference's.
public struct BatchDigest: Sendable {
    /// An object with the keys `batch`, `worker`, `rank`, `indices`, `used`, `crops`, `dropped`,
    /// `px_sha256`, `input_ids`, `lengths` and `ids_sha256`.
    public let json: String

    /// Digests a batch of a data set.
    /// - Parameter rank: The process that it was loaded by.
    public init(
        _ batch: CaptionBatch, rank: Int, of dataset: ConcatDataset<CaptionDataset>
    ) {
        var line = JSONLine()
        line.add("batch", batch.context.number)
        line.add("worker", batch.context.worker ?? 0)
        line.add("rank", rank)
        line.add("indices", batch.samples.map(\.index))
        // In debug mode a data set takes its first sample, whichever it is asked for.
        line.add(
            "used",
            batch.samples.map { $0.used - dataset.place(of: $0.used).index + $0.sample.index })
        line.add(
            "crops",
            json: Self.list(batch.samples) { loaded in
                let crop = loaded.sample.crop
                return "[\(crop.x), \(crop.y), \(crop.x + crop.width), \(crop.y + crop.height)]"
            })
        line.add("dropped", json: Self.list(batch.samples) { "\($0.sample.isDropped)" })
        line.add(
            "px_sha256", unsafe batch.pixelValues.withUnsafeBytes { unsafe SHA256Sum.hex(of: $0) })
        let length = batch.sequenceLength
        let rows = (0..<batch.count).map { row in
            "["
                + batch.inputIDs[(row * length)..<((row + 1) * length)].map(String.init)
                .joined(separator: ", ") + "]"
        }
        line.add("input_ids", json: "[" + rows.joined(separator: ", ") + "]")
        line.add("lengths", batch.samples.map(\.sample.inputIDs.count))
        let ids = batch.inputIDs.map(\.littleEndian)
        line.add("ids_sha256", unsafe ids.withUnsafeBytes { unsafe SHA256Sum.hex(of: $0) })
        json = line.text
    }

    private static func list(
        _ samples: [LoadedSample<CaptionSample>], _ text: (LoadedSample<CaptionSample>) -> String
    ) -> String {
        "[" + samples.map(text).joined(separator: ", ") + "]"
    }
}
