import RedCapsBase
package import RedCapsImage
package import RedCapsTar
package import RedCapsCore

/// The committed JPEGs as a data set in memory, with annotations good and bad, and what the reference
/// makes of it.
package struct ReferenceRun: Decodable {
    /// One sample: index asked for, index used, crop, dropped, hashes of bytes, floats and ids.
    package struct Row: Decodable, Equatable {
        package let index: Int
        package let used: Int?
        package let crop: [Int]?
        package let isDropped: Bool?
        package let bytes: String?
        package let floats: String?
        package let ids: String?
    }

    package let size: Int
    package let seed: Int
    package let reseeds: Bool
    package let replaces: Bool
    package let rows: [Row]
}

package struct ReferenceData: Decodable {
    package let names: [String]
    package let annotations: [String?]
    package let runs: [ReferenceRun]

    package static func load() throws -> ReferenceData {
        try Fixture.decode(from: "reference.json")
    }

    package func dataset(imageSize: Int, captionDropout: Double = 0.3) throws -> CaptionDataset {
        var files: [String: [UInt8]] = [:]
        for (name, annotation) in zip(names, annotations) {
            files["jpegs/\(name).jpg"] = try Fixture.bytes("jpegs/\(name).jpg")
            if let annotation { files["jpegs/\(name).json"] = Array(annotation.utf8) }
        }
        let store = try MemoryStore(files)
        return try CaptionDataset(
            Samples.configuration(imageSize: imageSize, captionDropout: captionDropout),
            manifest: Manifest(names.map { ("jpegs/\($0).jpg", "jpegs/\($0).json") }),
            images: store, annotations: store)
    }
}

extension ReferenceRun.Row {
    package init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        index = try values.decode(Int.self)
        used = try values.decodeIfPresent(Int.self)
        crop = try values.decodeIfPresent([Int].self)
        isDropped = try values.decodeIfPresent(Bool.self)
        bytes = try values.decodeIfPresent(String.self)
        floats = try values.decodeIfPresent(String.self)
        ids = try values.decodeIfPresent(String.self)
    }

    /// What one of our samples comes to.
    package init(_ index: Int, _ sample: CaptionSample?, bytes: [UInt8], floats: PixelTensor) {
        self.index = index
        used = sample?.index
        crop = sample.map { sample in
            [
                sample.crop.x, sample.crop.y, sample.crop.x + sample.crop.width,
                sample.crop.y + sample.crop.height,
            ]
        }
        isDropped = sample?.isDropped
        func digest(_ bytes: some Sequence<UInt8>) -> String? {
            sample.map { _ in String(sha256(bytes).prefix(16)) }
        }
        self.bytes = digest(bytes)
        self.floats = floats.withUnsafeBytes { digest($0) }
        ids = sample.flatMap { sample in
            digest(sample.inputIDs.map(String.init).joined(separator: ",").utf8)
        }
    }
}

package enum Samples {
    package static let template = #"""
        {"GENERATION": "Generate an image: {input}", "CFG": "Generate an image.",
         "INSTRUCTION": "<|im_start|>user\n{input}<|im_end|>\n<|im_start|>assistant\n",
         "IMG_START_TOKEN": "<img>"}
        """#

    package static func configuration(
        imageSize: Int, captionDropout: Double = 0.1
    ) throws -> CaptionDatasetConfiguration {
        CaptionDatasetConfiguration(
            dataPath: "list.json", imageFolder: "raw", captionFolder: "raw",
            captionFormat: .json(key: "re_caption"), imageSize: imageSize,
            captionDropout: captionDropout,
            maximumLength: 80,
            promptTemplate: try PromptTemplate(
                JSONValue(parsing: Array(template.utf8)), at: "prompt_template"), tokenizer: .bytes)
    }

    /// A data set of sound samples that is quick to load.
    package static func dataset(
        _ count: Int, broken: Set<Int> = [], _ imageOptions: ImageOptions = ImageOptions(),
        around: (MemoryStore) -> any FileStore = { $0 }
    ) throws -> CaptionDataset {
        let names = ["wide_420", "tall_422", "square", "gray", "tall_sampling_1x2"]
        let images = try names.map { try Fixture.bytes("jpegs/\($0).jpg") }
        var files: [String: [UInt8]] = [:]
        for index in 0..<count {
            files["\(index).jpg"] =
                broken.contains(index) ? Array("broken".utf8) : images[index % images.count]
            files["\(index).json"] = Array(#"{"re_caption": "number \#(index)"}"#.utf8)
        }
        let store = around(try MemoryStore(files))
        return try CaptionDataset(
            configuration(imageSize: 24),
            manifest: Manifest((0..<count).map { ("\($0).jpg", "\($0).json") }), images: store,
            annotations: store, imageOptions: imageOptions)
    }
}
