package import RedCapsBase
import RedCapsLoading
package import RedCapsCore

/// What a batch holds, as one line to be compared with the reference's.
package struct BatchDigest {
    package let line: JSONLine

    package init(
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
            "px_sha256", unsafe batch.pixelValues.withUnsafeBytes { unsafe Digest.hex(of: $0) })
        let length = batch.sequenceLength
        let rows = (0..<batch.count).map { row in
            "["
                + batch.inputIDs[(row * length)..<((row + 1) * length)].map(String.init)
                .joined(separator: ", ") + "]"
        }
        line.add("input_ids", json: "[" + rows.joined(separator: ", ") + "]")
        line.add("lengths", batch.samples.map(\.sample.inputIDs.count))
        let ids = batch.inputIDs.map(\.littleEndian)
        line.add("ids_sha256", unsafe ids.withUnsafeBytes { unsafe Digest.hex(of: $0) })
        self.line = line
    }

    private static func list(
        _ samples: [LoadedSample<CaptionSample>], _ text: (LoadedSample<CaptionSample>) -> String
    ) -> String {
        "[" + samples.map(text).joined(separator: ", ") + "]"
    }
}
