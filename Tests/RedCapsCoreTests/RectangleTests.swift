import Logging
import RedCapsCore
import RedCapsImage
import RedCapsLoading
import RedCapsTar
import TestSupport
import Testing

/// Images of several shapes, of which each batch has one: sample i has shape i mod their number.
private struct Rectangles: Dataset {
    static let shapes = [(16, 24), (24, 16), (20, 20), (40, 9), (8, 33)]
    let count: Int
    let broken: Set<Int>
    let files: [[UInt8]]

    struct Broken: Error {}

    struct Batch: Sendable {
        let pixels: PixelTensor
        let samples: [LoadedSample<PixelRegion>]
        let context: BatchContext
    }

    init(_ count: Int, broken: Set<Int> = []) throws {
        self.count = count
        self.broken = broken
        files = try ["wide_420", "tall_422", "square", "gray"].map {
            try Fixture.bytes("jpegs/\($0).jpg")
        }
    }

    func makeWorkspace(probe: LoadingProbe) throws -> ImageReader {
        try ImageReader(ImageOptions(format: PixelFormat(.float32)))
    }

    func makeStorage(for batch: PlannedBatch) throws -> PixelStorage {
        let (width, height) = Self.shapes[(batch.indices.first ?? 0) % Self.shapes.count]
        return try PixelStorage(slots: batch.slots, width: width, height: height)
    }

    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: PixelStorage, slot: Int,
        workspace: ImageReader
    ) throws -> PixelRegion {
        guard !broken.contains(index) else { throw Broken() }
        let file = files[index % files.count]
        var region = PixelRegion(x: 0, y: 0, width: 0, height: 0)
        try storage.withSlot(slot) { pixels in
            try workspace.read(
                file.span, width: storage.width, height: storage.height, into: &pixels
            ) { header in
                region.width = header.width / 2 + draws.integer(below: header.width / 2)
                region.height = header.height / 2 + draws.integer(below: header.height / 2)
                region.x = draws.integer(below: header.width - region.width + 1)
                region.y = draws.integer(below: header.height - region.height + 1)
                return .init(region: region)
            }
        }
        return region
    }

    /// Another of the same shape, which fits the batch.
    func replacement(for index: Int, draws: inout some SampleDraws) -> Int {
        let shapes = Self.shapes.count
        return index % shapes + shapes * draws.integer(below: count / shapes)
    }

    func collate(
        _ samples: [LoadedSample<PixelRegion>], in storage: PixelStorage, context: BatchContext
    ) -> Batch {
        Batch(
            pixels: PixelTensor(storage, of: samples), samples: samples, context: context)
    }

    /// What reading by steps gives of a sample.
    func floats(_ loaded: LoadedSample<PixelRegion>, of batch: Batch) throws -> [Float] {
        let file = files[loaded.used % files.count]
        let image = try ImageDecoder().decode(file.span, region: loaded.sample)
        let bytes = try Resampler().resize(
            image, width: batch.pixels.width, height: batch.pixels.height
        ).pixels
        return (0..<3).flatMap { channel in
            stride(from: channel, to: bytes.count, by: 3).map { 2 * (Float(bytes[$0]) / 255) - 1 }
        }
    }
}

/// Batches of one shape each, the shapes in turn.
private struct ByShape: Sampler {
    let batchSize: Int
    var identity: String { "byShape:v1:\(batchSize)" }

    func length(over layout: DatasetLayout) -> Int? { nil }

    func makeBatchCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) -> any BatchCursor {
        Batches(batchSize: batchSize, count: layout.count, shardIndex: shardIndex)
    }

    func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) -> some IteratorProtocol<Int> & Sendable {
        BatchedSamples(
            makeBatchCursor(
                at: position, shardIndex: shardIndex, shardCount: shardCount, over: layout),
            batchSize: batchSize, at: position, shardIndex: shardIndex, shardCount: shardCount)
    }

    private struct Batches: BatchCursor {
        let batchSize: Int
        let count: Int
        let shardIndex: Int

        func indices(at positions: BatchPositions) -> [Int] {
            let shapes = Rectangles.shapes.count
            let batch = (positions.start - shardIndex) / batchSize + shardIndex
            let first = batch / shapes * batchSize
            // One shape's batches are smaller than the others'.
            let size = batch % shapes == 2 ? batchSize - 1 : positions.count
            return (first..<(first + size)).map {
                batch % shapes + shapes * ($0 % (count / shapes))
            }
        }
    }
}

@Suite("Batches of different rectangles")
struct RectangleTests {
    private struct Outcome: Equatable {
        let shape: [Int]
        let floats: [[Float]]
        let regions: [PixelRegion]
        let indices: [Int]
        let used: [Int]
        let positions: [Int]
    }

    private func load(
        _ dataset: Rectangles, workers: Int, limit: Int = 15,
        policy: FailurePolicy = .replace(atMost: 100), context: DistributedContext = .alone,
        resuming point: ResumePoint? = nil
    ) throws -> [(outcome: Outcome, batch: Rectangles.Batch)] {
        let loader = try DataLoader(
            dataset,
            LoaderOptions(
                batchSize: 4, sampler: ByShape(batchSize: 4), workers: workers, seed: 8,
                context: context, batchLimit: limit, failurePolicy: policy,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            resuming: point)
        return try loader.results.map { result in
            let batch = try result.get()
            return (
                Outcome(
                    shape: batch.pixels.shape,
                    floats: try (0..<batch.pixels.count).map { try batch.pixels[$0] },
                    regions: batch.samples.map(\.sample), indices: batch.samples.map(\.index),
                    used: batch.samples.map(\.used), positions: Array(batch.context.positions)),
                batch
            )
        }
    }

    @Test("Pixels and order are the same for 1, 2 and 8 workers, and are those of reading by steps")
    func workers() throws {
        let dataset = try Rectangles(50, broken: [6, 12])
        let alone = try load(dataset, workers: 1)
        for (number, (outcome, batch)) in alone.enumerated() {
            let (width, height) = Rectangles.shapes[number % 5]
            let count = number % 5 == 2 ? 3 : 4
            #expect(outcome.shape == [count, 3, height, width])
            #expect(outcome.positions == Array((4 * number)..<(4 * number + count)))
            #expect(outcome.indices.allSatisfy { $0 % 5 == number % 5 })
            for (row, loaded) in batch.samples.enumerated() {
                #expect(try outcome.floats[row] == dataset.floats(loaded, of: batch))
            }
        }
        #expect(alone.flatMap { zip($0.outcome.indices, $0.outcome.used) }.count { $0 != $1 } == 3)
        for workers in [2, 8] {
            #expect(try load(dataset, workers: workers).map(\.outcome) == alone.map(\.outcome))
        }
    }

    @Test("A run goes on after any batch, on any number of ranks")
    func resumes() throws {
        let dataset = try Rectangles(50)
        let all = try load(dataset, workers: 2)
        for done in [1, 4, 9] {
            let point = all[done - 1].batch.context.resumePoint
            for workers in [1, 2, 8] {
                let rest = try load(dataset, workers: workers, limit: 15 - done, resuming: point)
                #expect(rest.map(\.outcome) == all[done...].map(\.outcome))
            }
            let parts = try (0..<2).map { rank in
                try load(
                    dataset, workers: 3, limit: 3,
                    context: DistributedContext(rank: rank, worldSize: 2), resuming: point)
            }
            let indices = (0..<3).flatMap { step in parts.map { $0[step].outcome.indices } }
            #expect(indices == all[done..<(done + 6)].map(\.outcome.indices))
        }
    }

    @Test(
        "Samples that are left out leave no gap in a batch, and batches that are kept keep theirs")
    func skips() throws {
        let broken: Set = [0, 10, 11]
        let dataset = try Rectangles(50, broken: broken)
        let batches = try load(dataset, workers: 3, policy: .skip(atMost: 9))
        #expect(batches.map(\.outcome.shape[0]).prefix(5) == [2, 3, 3, 4, 4])
        for (outcome, batch) in batches {
            #expect(outcome.indices.allSatisfy { !broken.contains($0) })
            for (row, loaded) in batch.samples.enumerated() {
                #expect(try batch.pixels[row] == dataset.floats(loaded, of: batch))
            }
        }
    }

    @Test("A concatenation makes the storage of the data set that a batch comes from")
    func concatenation() throws {
        let sources = [try Rectangles(50), try Rectangles(50)]
        let concat = try ConcatDataset(sources)
        let storage = try concat.makeStorage(for: PlannedBatch([53, 58, 63], slots: 4))
        #expect((storage.width, storage.height) == Rectangles.shapes[3])
        #expect(storage.slots == 4)
    }

    @Test("A contact sheet shows rectangles with their aspect")
    func contactSheet() throws {
        let samples = (0..<2).map { LoadedSample(CaptionSample(), index: $0, slot: $0) }
        let pixels = try PixelTensor(
            bytes: [UInt8](repeating: 0, count: 2 * 3 * 8 * 16), shape: [2, 3, 8, 16])
        let sheet = try CaptionBatch(samples, pixelValues: pixels).contactSheet(edge: 16)
        #expect((sheet.width, sheet.height) == (2 * 24 + 8, 24 + 8))
        func byte(_ x: Int, _ y: Int) -> UInt8 { sheet.pixels[3 * (y * sheet.width + x)] }
        #expect(byte(8 + 8, 8 + 8) == 0)
        #expect(byte(8 + 8, 8 + 2) == 245)
        let one = try PixelTensor(bytes: [0, 0, 0], shape: [1, 3, 1, 1])
        #expect(throws: ImageError.self) {
            try CaptionBatch(samples, pixelValues: one).contactSheet()
        }
    }
}
