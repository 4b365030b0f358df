import RedCapsBase
import RedCapsCore
import RedCapsImage
import RedCapsLoading
import RedCapsTar

/// Writes small data sets of the shape of RedCaps5M: JPEGs of its own drawing with annotations, in
/// tar shards, with the list of samples and a configuration as mmengine dumps it.
///
/// For trying things, and for the unit tests of packages that build on this one. The same options
/// give the same bytes.
public struct FixtureDataset: Sendable {
    /// How members are named.
    public enum Layout: Sendable {
        /// `00000.tar` holds `00000/x.jpg`, as in RedCaps5M.
        case folderInShard
        /// `00000.tar` holds `x.jpg`, listed as `00000/x.jpg`, as in text-to-image-2M.
        case bareMembers
    }

    /// The number of samples.
    public var samples: Int
    /// The number of shards that they are spread over.
    public var shards: Int
    /// The images' shorter edge in pixels.
    public var shortestEdge: Int
    /// How members are named.
    public var layout: Layout
    /// Whether the same files are written to a tree as well, in `extracted`.
    public var alsoExtracted: Bool
    /// The configuration's `image_size`.
    public var imageSize: Int
    /// What the pictures and captions depend on.
    public var seed: UInt64

    /// Chooses what to write.
    public init(
        samples: Int = 300, shards: Int = 2, shortestEdge: Int = 1024,
        layout: Layout = .folderInShard, alsoExtracted: Bool = false, imageSize: Int = 512,
        seed: UInt64 = 0
    ) {
        self.samples = samples
        self.shards = shards
        self.shortestEdge = shortestEdge
        self.layout = layout
        self.alsoExtracted = alsoExtracted
        self.imageSize = imageSize
        self.seed = seed
    }

    /// Where a data set was written.
    public struct Written: Sendable {
        /// The folder that the configuration's paths are relative to.
        public let root: String
        /// The configuration, as mmengine dumps it.
        public let configuration: String
        /// The list of samples.
        public let list: String
        /// The folder of the shards.
        public let raw: String
    }

    private struct Sample: Sendable {
        let name: String
        let jpeg: [UInt8]
        let annotation: [UInt8]
    }

    /// Writes the data set into a folder, which is made if need be.
    /// - Parameters:
    ///   - root: The folder.
    ///   - progress: Called after each sample, with the number done, from several threads.
    /// - Throws: `StoreError` if something can't be written, `ImageError` if drawing fails,
    ///   `ConfigurationError` for numbers that make no data set.
    public func write(
        to root: String, progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> Written {
        guard samples > 0, shards > 0, shards <= samples, (81...8192).contains(shortestEdge) else {
            throw ConfigurationError(
                "fixture", value: "\(samples) samples, \(shards) shards, \(shortestEdge) pixels",
                "needs at least a sample per shard and edges of 81 to 8192 pixels")
        }
        let raw = root + "/raw"
        try Disk.makeFolder(raw)
        var entries: [String] = []
        for shard in 0..<shards {
            let range = (samples * shard / shards)..<(samples * (shard + 1) / shards)
            let drawn = try draw(range, progress)
            let folder = Self.padded(shard, 5)
            for sample in drawn {
                entries.append(
                    #"{"image": "\#(folder)/\#(sample.name).jpg", "annotation": "\#(folder)/\#(sample.name).json"}"#
                )
            }
            try writeShard(drawn, folder, to: raw)
            if alsoExtracted { try writeTree(drawn, to: "\(root)/extracted/\(folder)") }
        }
        let list = root + "/redcaps5m_data.json"
        try Disk.write(Array("[\(entries.joined(separator: ", "))]".utf8), to: list)
        let configuration = root + "/redcaps5m.json"
        try Disk.write(Array(configurationText.utf8), to: configuration)
        return Written(root: root, configuration: configuration, list: list, raw: raw)
    }

    private func draw(
        _ range: Range<Int>, _ progress: (@Sendable (Int) -> Void)?
    ) throws -> [Sample] {
        let results = ConditionLock(
            [Result<Sample, any Error>?](repeating: nil, count: range.count))
        WorkerThread.forEach(range.count) { place in
            let sample = Result { try draw(range.lowerBound + place) }
            let done = results.update { results in
                results[place] = sample
                return results.count { $0 != nil }
            }
            progress?(range.lowerBound + done)
        }
        return try results.update { $0 }.compactMap { try $0?.get() }
    }

    private func draw(_ number: Int) throws -> Sample {
        var draws = PositionalDraws(seed: seed &+ 1, position: number)
        let aspects = [(3, 4), (4, 3), (1, 1), (9, 16), (16, 9), (2, 3), (3, 4), (4, 3)]
        let (w, h) = aspects[draws.integer(below: aspects.count)]
        let longer = shortestEdge * max(w, h) / min(w, h)
        let (width, height) = w < h ? (shortestEdge, longer) : (longer, shortestEdge)
        var landscape = Landscape(width: width, height: height, seed: seed, number: number)
        let kind = draws.integer(below: 100)
        let encoder = try JPEGEncoder(
            quality: 80 + draws.integer(below: 16), sampling: kind == 0 ? .gray : .s420,
            isProgressive: (1...3).contains(kind))
        var writer = CaptionWriter(seed: seed, number: number)
        let name = Self.padded(number, 10)
        let annotation = """
            {"image_id": "\(name)", "subreddit": "earthporn", "caption": "\(writer.short())", \
            "re_caption": "\(writer.long())", "width": \(width), "height": \(height)}
            """
        return Sample(
            name: name, jpeg: try encoder.encode(try landscape.draw()),
            annotation: Array(annotation.utf8))
    }

    /// Members lie in no order, as GNU tar finds them in a folder: an image and its annotation are
    /// rarely neighbours.
    private func writeShard(_ samples: [Sample], _ folder: String, to raw: String) throws {
        let path = "\(raw)/\(folder).tar"
        let part = FilePath.temporary(for: path)
        do {
            try writeMembers(samples, folder, to: try TarWriter.create(part))
            try Disk.rename(part, to: path)
        } catch {
            try? Disk.remove(part)
            throw error
        }
    }

    private func writeMembers(
        _ samples: [Sample], _ folder: String, to tar: TarWriter
    ) throws {
        var members = samples.flatMap {
            [("\($0.name).jpg", $0.jpeg), ("\($0.name).json", $0.annotation)]
        }
        var draws = PositionalDraws(seed: seed &+ 2, position: samples.count)
        for last in members.indices.reversed().dropLast() {
            members.swapAt(last, draws.integer(below: last + 1))
        }
        if layout == .folderInShard { try tar.addDirectory(folder) }
        for (name, bytes) in members {
            try tar.add(layout == .folderInShard ? "\(folder)/\(name)" : name, bytes)
        }
        try tar.close()
    }

    private func writeTree(_ samples: [Sample], to folder: String) throws {
        try Disk.makeFolder(folder)
        for sample in samples {
            try Disk.write(sample.jpeg, to: "\(folder)/\(sample.name).jpg")
            try Disk.write(sample.annotation, to: "\(folder)/\(sample.name).json")
        }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// OpenUni's configuration for RedCaps5M as mmengine dumps it, with the byte-level tokenizer.
    private var configurationText: String {
        let template = #"""
            {"IMG_START_TOKEN": "<img>", "IMG_END_TOKEN": "</img>", "IMG_CONTEXT_TOKEN": "<IMG_CONTEXT>", "SYSTEM": "<|im_start|>system\n{system}<|im_end|>\n", "INSTRUCTION": "<|im_start|>user\n{input}<|im_end|>\n<|im_start|>assistant\n", "SUFFIX": "<|im_end|>", "SUFFIX_AS_EOS": true, "SEP": "\n", "STOP_WORDS": ["<|im_end|>"], "GENERATION": "Generate an image: {input}", "CFG": "Generate an image."}
            """#
        let tokenizer = #"{"type": "redcaps.ByteTokenizer"}"#
        let dataset = """
            {"type": "src.datasets.text2image.caption_datasets.CaptionDataset", "image_size": \(imageSize), "cap_source": "re_caption", "cap_folder": "raw", "data_path": "redcaps5m_data.json", "image_folder": "raw", "unconditional": 0.1, "prompt_template": \(template), "ceph_folder": null, "ceph_config": null, "tokenizer": \(tokenizer), "max_length": 128}
            """
        return """
            {"prompt_template": \(template), "tokenizer": \(tokenizer), "image_size": \(imageSize), "pad_index": 0, "max_length": 128, "dataset": \(dataset), "train_dataloader": {"batch_size": 32, "num_workers": 4, "dataset": \(dataset), "sampler": {"type": "mmengine.dataset.InfiniteSampler", "shuffle": true}, "collate_fn": {"type": "src.datasets.collate_functions.collate_func_gen", "pad_index": 0}}}
            """
    }
}
