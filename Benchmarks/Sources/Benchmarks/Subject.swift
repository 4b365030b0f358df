import Foundation
import RedCapsCore
import RedCapsImage
import RedCapsTar
import RedCapsFixtures

/// What is measured: a data set, and its first images in memory.
struct Subject {
    struct File: Sendable {
        let bytes: [UInt8]
        /// The square that the C program decodes: the one that the data set cuts out.
        let square: PixelRegion
    }

    let dataset: CaptionDataset
    let files: [File]
    private let drawn: URL?

    /// Opens a data set, or draws one, and takes its first images.
    init(config: String?, root: String?, imageSize: Int, images: Int) throws {
        var configurationFile = config
        var root = root
        var drawn: URL?
        if config == nil {
            let folder = FileManager.default.temporaryDirectory
                .appending(path: "redcaps-benchmarks-\(UUID().uuidString)")
            let written = try FixtureDataset(samples: images).write(to: folder.path())
            (configurationFile, root, drawn) = (written.configuration, written.root, folder)
        }
        guard let configurationFile else { throw ConfigurationError("config", "is missing") }
        let training = try TrainingConfiguration(file: configurationFile)
        guard var configuration = training.dataset.sources.first else {
            throw ConfigurationError("dataset", "is missing")
        }
        configuration.imageSize = imageSize
        let whole = try CaptionDataset(configuration, root: root, tokenizer: ByteTokenizer())
        let store = try DatasetFolder(
            [root, configuration.imageFolder].compactMap(\.self).joined(separator: "/"))
        let pairs = try (0..<min(images, whole.count)).map { try whole.paths(of: $0) }
        files = try pairs.enumerated().map { index, paths in
            File(
                bytes: try store.bytes(of: paths.image),
                square: try whole.sample(at: index).sample.crop)
        }
        dataset = try CaptionDataset(
            configuration, manifest: Manifest(pairs), images: store, annotations: store,
            tokenizer: ByteTokenizer())
        self.drawn = drawn
    }

    /// The first square of that side in any image.
    func anySquare(of side: Int) throws -> PixelBuffer {
        let decoder = try ImageDecoder()
        for file in files {
            let header = try decoder.header(of: file.bytes.span)
            guard min(header.width, header.height) >= side else { continue }
            return try decoder.decode(
                file.bytes.span, region: PixelRegion(x: 0, y: 0, width: side, height: side))
        }
        throw ConfigurationError("config", "no image of \(side) pixels to resample")
    }

    func cleanUp() {
        if let drawn { try? FileManager.default.removeItem(at: drawn) }
    }
}
