import RedCapsImage
import RedCapsLoading

// The steps of loading a sample, in the order of their draws.
extension CaptionDataset {
    struct LoadedImage {
        let header: ImageHeader
        let crop: PixelRegion
        let isMirrored: Bool
    }

    func decodeImage(
        _ draws: inout some SampleDraws, into storage: PixelStorage, _ slot: Int,
        _ workspace: Workspace
    ) throws -> LoadedImage {
        try workspace.files.image.buffer.withBytes { bytes in
            var image: LoadedImage?
            var refusal: UnacceptableImage?
            try storage.withSlot(slot) { pixels in
                do throws(ImageError) {
                    try workspace.reader.read(
                        bytes, width: storage.width, height: storage.height, into: &pixels
                    ) { (header) throws(ImageError) in
                        do throws(UnacceptableImage) {
                            try header.accept(minimumSize: configuration.minimumImageSize)
                        } catch {
                            refusal = error
                            throw ImageError(.invalid, "\(error)")
                        }
                        let drawn = draws.integer(below: abs(header.width - header.height) + 1)
                        let crop = header.square(
                            at: imageOptions.crop == .center ? header.middle : drawn)
                        let isMirrored = mirrors(after: draws)
                        image = LoadedImage(
                            header: header, crop: crop, isMirrored: isMirrored)
                        return .init(region: crop, isMirrored: isMirrored)
                    }
                } catch {
                    throw refusal ?? error
                }
            }
            guard let image else { throw ImageError(.invalid, "no image was read") }
            return image
        }
    }

    /// Whether a square is mirrored: the draw after that for the caption, whose turn is later.
    private func mirrors(after draws: some SampleDraws) -> Bool {
        guard imageOptions.mirrorProbability > 0 else { return false }
        var ahead = draws
        _ = ahead.unitInterval()
        return ahead.unitInterval() < imageOptions.mirrorProbability
    }

    func encode(_ caption: Annotation.Caption, isDropped: Bool) throws -> [Int] {
        let text: String?
        switch caption {
        case _ where isDropped: text = nil
        case .text(let caption): text = caption
        case .notText(let value): throw AnnotationError(reason: "the caption is \(value), not text")
        }
        return try prompts.ids(for: text)
    }
}

extension CaptionDataset {
    /// Loads one sample with the draws of a position; comfort for looking at data, not for training.
    /// - Returns: The sample and its 3 × S × S floats.
    /// - Throws: `SampleError`.
    public func sample(
        at index: Int, seed: UInt64 = 0, position: Int? = nil
    ) throws -> (sample: CaptionSample, pixelValues: PixelTensor) {
        var draws = PositionalDraws(seed: seed, position: position ?? index)
        let storage = try makeStorage(for: PlannedBatch([index]))
        let sample = try load(
            index, draws: &draws, into: storage, slot: 0, workspace: try makeWorkspace())
        return (sample, PixelTensor(storage, count: 1))
    }
}

extension Annotation.Caption {
    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}
