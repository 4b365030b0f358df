import RedCapsBase
import RedCapsLoading
import Logging
import RedCapsCore
import TestSupport
import Testing

@Suite("Batches in reference mode")
struct ReferenceBatchTests {
    /// What Python's loader makes of one configuration.
    private struct Run: Decodable {
        let world: Int
        let seed: UInt64
        let limit: Int
        let seeding: String
        let epochs: Int
        let configuration: String
        /// The batches of each rank.
        let ranks: [[Row]]
    }

    /// One batch.
    private struct Row: Decodable, Equatable {
        let worker: Int
        let indices: [Int]
        let used: [Int]
        let dropped: [Int]
        let lengths: [Int]
        let crops: String
        let floats: String
        let ids: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            worker = try values.decode(Int.self)
            indices = try values.decode([Int].self)
            used = try values.decode([Int].self)
            dropped = try values.decode([Int].self)
            lengths = try values.decode([Int].self)
            crops = try values.decode(String.self)
            floats = try values.decode(String.self)
            ids = try values.decode(String.self)
        }

        init(_ batch: CaptionBatch, of dataset: ConcatDataset<CaptionDataset>) throws {
            worker = try #require(batch.context.worker)
            indices = batch.samples.map(\.index)
            used = batch.samples.map {
                $0.used - dataset.place(of: $0.used).index + $0.sample.index
            }
            dropped = batch.samples.map { $0.sample.isDropped ? 1 : 0 }
            lengths = batch.samples.map(\.sample.inputIDs.count)
            let edges = batch.samples.map(\.sample.crop).flatMap {
                [$0.x, $0.y, $0.x + $0.width, $0.y + $0.height]
            }
            crops = String(sha256(edges.map(String.init).joined(separator: ",").utf8).prefix(16))
            floats = batch.pixelValues.withUnsafeBytes { String(sha256($0).prefix(16)) }
            ids = batch.inputIDs.map(\.littleEndian).withUnsafeBytes {
                String(sha256($0).prefix(16))
            }
        }
    }

    private struct Golden: Decodable {
        let texts: [String?]
        let runs: [Run]
    }

    private let golden: Golden
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        golden = try Fixture.decode(from: "batches.json")
        let data = try ReferenceData.load()
        var lists: (a: [String], b: [String]) = ([], [])
        for (number, name) in data.names.enumerated() {
            try folder.write("jpegs/\(name).jpg", try Fixture.bytes("jpegs/\(name).jpg"))
            if let text = data.annotations[number] { try folder.write("a/\(name).json", text) }
            lists.a.append(#"{"image": "\#(name).jpg", "annotation": "\#(name).json"}"#)
            guard number.isMultiple(of: 3) else { continue }
            if let text = golden.texts[number / 3] { try folder.write("b/\(name).txt", text) }
            lists.b.append(#"{"image": "\#(name).jpg", "annotation": "\#(name).txt"}"#)
        }
        try folder.write("a.json", "[\(lists.a.joined(separator: ","))]")
        try folder.write("b.json", "[\(lists.b.joined(separator: ","))]")
    }

    private func loader(
        _ run: Run, rank: Int, limit: Int, resuming point: ResumePoint? = nil
    ) throws -> DataLoader<ConcatDataset<CaptionDataset>> {
        let training = try TrainingConfiguration(
            JSONValue(parsing: Array(run.configuration.utf8)))
        let dataset = try ConcatDataset(training, root: folder.path)
        var options = LoaderOptions(training, seed: run.seed)
        options.sampler = training.referenceSampler(
            seed: run.seed, worldSize: run.world, epochs: run.epochs)
        options.reference = try ReferenceMode(
            workers: try #require(training.workers),
            seeding: try #require(ReferenceMode.Seeding(rawValue: run.seeding)),
            persistsWorkers: training.persistsWorkers, differsByRank: training.differsByRank)
        options.context = try DistributedContext(rank: rank, worldSize: run.world)
        options.batchLimit = limit
        options.failurePolicy = .replace(atMost: .count(.max))
        options.workers = 3
        options.logger.logLevel = .critical
        return try DataLoader(dataset, options, resuming: point)
    }

    private func rows(_ loader: DataLoader<ConcatDataset<CaptionDataset>>) throws -> [Row] {
        try loader.results.map { try Row($0.get(), of: loader.dataset) }
    }

    @Test(
        "Every rank's batches are those of OpenUni's own loader, epoch after epoch",
        arguments: 0..<19)
    func batches(number: Int) throws {
        #expect(golden.runs.count == 19)
        let run = golden.runs[number]
        for (rank, expected) in run.ranks.enumerated() {
            let all = try rows(loader(run, rank: rank, limit: run.limit))
            #expect(all == expected, "rank \(rank) of \(run.world)")
        }
    }

    @Test("A run goes on after any batch, across the borders of epochs", arguments: 7..<14)
    func resumes(number: Int) throws {
        let run = golden.runs[number]
        for (rank, expected) in run.ranks.enumerated() {
            let first = try loader(run, rank: rank, limit: expected.count)
            let points = try first.results.map { try $0.get().context.resumePoint }
            for (done, point) in points.enumerated() {
                let rest = try loader(run, rank: rank, limit: run.limit, resuming: point)
                #expect(try rows(rest) == Array(expected[(done + 1)...]), "after batch \(done)")
            }
        }
    }

    @Test("Epochs that ranks can't share equally are for the reference mode only")
    func unequalShares() throws {
        let run = try #require(golden.runs.first { $0.world == 3 && $0.epochs == 3 })
        let training = try TrainingConfiguration(
            JSONValue(parsing: Array(run.configuration.utf8)))
        let dataset = try ConcatDataset(training, root: folder.path)
        var options = LoaderOptions(training)
        options.sampler = .torchDefault(epochs: 2, roundUp: false)
        options.context = try DistributedContext(rank: 0, worldSize: 5)
        let count = dataset.count
        #expect(!count.isMultiple(of: 5))
        let error = #expect(throws: LoaderError.self) { try DataLoader(dataset, options) }
        #expect(
            error?.description
                == "epochs of \(count) samples give 5 ranks unequal shares without rounding up; "
                + "load one epoch at a time, or in the reference mode")
        options.sampler = .torchDefault(epochs: 1, roundUp: false)
        _ = try DataLoader(dataset, options)
    }
}
