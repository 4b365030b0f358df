import RedCapsBase
import RedCapsFixtures
import RedCapsImage
import RedCapsLoading
import RedCapsTar
import RedCapsTokenizers
import Foundation
import Logging
import RedCapsCore
import Synchronization
import TestSupport
import Testing

/// The examples of `Docs/Embedding.md`, run.
@Suite("Parts of a program's own")
struct EmbeddingTests {
    @Test("A data set of one's own is loaded in order, and what it throws is left out")
    func dataset() async throws {
        let lines = Lines(lines: ["red", "", "caps", "for", "Swift"])
        let options = LoaderOptions(
            batchSize: 2, sampler: .sequential, workers: 3, seed: 5,
            failurePolicy: .skip(atMost: 1), logger: .silent)
        var samples: [[String]] = []
        for try await batch in try DataLoader(lines, options) {
            samples.append(batch.map(\.sample))
        }
        #expect(samples.map(\.count) == [1, 2, 1])
        #expect(samples.joined().map { $0.lowercased() } == ["red", "caps", "for", "swift"])
        // Drawn by position: the same for any number of threads.
        let alone = try DataLoader(
            lines,
            LoaderOptions(
                batchSize: 1, sampler: .sequential, workers: 1, seed: 5,
                failurePolicy: .skip(atMost: 1), logger: .silent))
        #expect(
            try alone.results.flatMap { try $0.get().map(\.sample) } == Array(samples.joined()))
    }

    @Test(
        "Batches of one's own have the shape that their samples have, and an order that sorts these"
    )
    func rectangles() throws {
        let wide = try Fixture.bytes("jpegs/wide_420.jpg")
        let tall = try Fixture.bytes("jpegs/tall_422.jpg")
        let photographs = Photographs(files: [wide, wide, wide, wide, tall, tall], wide: 4)
        let loader = try DataLoader(
            photographs,
            LoaderOptions(
                batchSize: 2, sampler: OneShape(batchSize: 2, wide: 4), workers: 3, batchLimit: 4,
                logger: .silent))
        let batches = try loader.results.map { try $0.get() }
        #expect(
            batches.map(\.shape) == [
                [2, 3, 64, 96], [2, 3, 96, 64], [2, 3, 64, 96], [2, 3, 96, 64],
            ])
        #expect(try batches[0][0] == batches[0][1])
        #expect(try batches[1][1] == batches[3][0])
        #expect(try Set(batches[0][0]).count > 100)
    }

    @Test("What is done with batches can be tested without a data set")
    func fixtures() throws {
        let samples = [("a red cap", [5, 6, 7]), ("caps", [8])].enumerated().map { index, sample in
            LoadedSample(
                CaptionSample(index: index, caption: sample.0, inputIDs: sample.1), index: index,
                slot: index)
        }
        let pixels = try PixelTensor((0..<24).map { Float($0) }, shape: [2, 3, 1, 4])
        let batch = CaptionBatch(samples, pixelValues: pixels, padIndex: 9)
        #expect(batch.inputIDs == [5, 6, 7, 8, 9, 9])
        #expect(batch.attentionMask == [true, true, true, true, false, false])
        #expect(batch.pixelValues.shape == [2, 3, 1, 4] && batch.pixelValues.type == .float32)
        #expect(try batch.pixelValues[1] == (12..<24).map { Float($0) })
        #expect(batch.resumePoint == ResumePoint() && batch.context.number == 0)
        let failure = SampleFailure(position: 3, index: 1, error: LoaderError("gone"))
        let context = BatchContext(
            number: 4, positions: BatchPositions(start: 8, count: 2), failures: [failure])
        let own = SampleBatch(
            samples: [LoadedSample("x", index: 8, used: 2, failures: [failure])], context: context)
        #expect(own[0].position == 8 && own[0].used == 2 && own.context.failures.count == 1)
        #expect(
            "\(TooManyFailures(failures: [failure, failure]))"
                == "2 samples couldn't be loaded; the last: position 3, gone")

        let bytes = try PixelTensor(
            bytes: Array(0..<24), shape: [2, 2, 2, 3], format: PixelFormat(.uint8, .channelsLast))
        #expect(bytes.width == 2 && bytes.height == 2 && bytes.count == 2)
        #expect(bytes.withUnsafeBytes { Array($0) } == Array(0..<24))
        for (shape, count) in [
            ([2, 3, 1, 4], 23), ([2, 1, 3, 4], 24), ([8, 3], 24), ([2, 3, 0, 4], 0),
            ([-1, 3, 1, 1], 0), ([.max, 3, 1, 1], 3),
        ] {
            #expect(throws: ImageError.self) {
                try PixelTensor([Float](repeating: 0, count: count), shape: shape)
            }
        }
        #expect(throws: ImageError.self) { try pixels[2] }
    }

    @Test("An order of one's own is resumed, and divided among ranks")
    func sampler() throws {
        func indices(
            _ rank: Int, of worldSize: Int, _ batches: Int, resuming point: ResumePoint? = nil
        ) throws -> (indices: [Int], state: ResumePoint) {
            let loader = try DataLoader(
                NumberDataset(40),
                LoaderOptions(
                    batchSize: 2, sampler: Overfitting(samples: 5), workers: 2,
                    context: DistributedContext(rank: rank, worldSize: worldSize),
                    batchLimit: batches, logger: .silent), resuming: point)
            return (try loader.results.flatMap { try $0.get().map(\.index) }, loader.state)
        }
        let first = try indices(0, of: 1, 3)
        #expect(first.indices == [0, 1, 2, 3, 4, 0])
        #expect(first.state.sampler == "overfitting:v1:5")
        #expect(try indices(0, of: 2, 2, resuming: first.state).indices == [1, 3, 0, 2])
        #expect(try indices(1, of: 2, 2, resuming: first.state).indices == [2, 4, 1, 3])
    }

    @Test("A tokenizer of one's own gives the ids, and what it throws fails the sample")
    func tokenizer() throws {
        struct Refused: Error {}
        let characters = ClosureTokenizer { text, addsSpecialTokens in
            if text.contains("number 3") { throw Refused() }
            return text.unicodeScalars.map { Int($0.value) }
                + (addsSpecialTokens ? [0x10FFFF] : [])
        }
        var configuration = try Samples.configuration(imageSize: 24, captionDropout: 0)
        configuration.addsSpecialTokens = true
        let files = try Self.files(5)
        let dataset = try CaptionDataset(
            configuration, manifest: Self.entries(5), images: files, annotations: files,
            tokenizer: characters)
        let sample = try dataset.sample(at: 1).sample
        let start = "<|im_start|>".unicodeScalars.map { Int($0.value) }
        #expect(Array(sample.inputIDs.prefix(start.count)) == start)
        #expect(try characters.encode("é", addSpecialTokens: true) == [0xE9, 0x10FFFF])
        let error = #expect(throws: SampleError.self) { try dataset.sample(at: 3) }
        #expect(error?.stage == .text)
    }

    @Test("An image decoder of one's own gives what a known format gives, cropped and resampled")
    func decoder() throws {
        let bytes = try Fixture.bytes("jpegs/wide_420.jpg")
        let image = try ImageDecoder().decode(bytes.span)
        let pixmap = Array("P6\n\(image.width) \(image.height)\n255\n".utf8) + image.pixels
        #expect(try ImageDecoder(otherFormats: pixmaps).decode(pixmap.span) == image)
        let region = PixelRegion(x: 3, y: 5, width: 17, height: 9)
        #expect(
            try ImageDecoder(otherFormats: pixmaps).decode(pixmap.span, region: region)
                == ImageDecoder().decode(bytes.span, region: region))

        func dataset(_ file: [UInt8], _ options: ImageOptions) throws -> CaptionDataset {
            let store = try MemoryStore([
                "0.jpg": file, "0.json": Array(#"{"re_caption": "a caption"}"#.utf8),
            ])
            return try CaptionDataset(
                Samples.configuration(imageSize: 24), manifest: Self.entries(1), images: store,
                annotations: store, imageOptions: options)
        }
        let options = ImageOptions(mirrorProbability: 0.5, otherFormats: pixmaps)
        let known = try dataset(bytes, options)
        let own = try dataset(pixmap, options)
        for position in 0..<8 {
            let (a, b) = (
                try known.sample(at: 0, position: position),
                try own.sample(at: 0, position: position)
            )
            #expect(a.sample == b.sample)
            #expect(try a.pixelValues[0] == b.pixelValues[0])
        }
        let turned = ImageOptions(
            decoding: .fast, format: PixelFormat(.uint8, .channelsLast), appliesOrientation: true,
            otherFormats: pixmaps)
        let size = try dataset(pixmap, turned).sample(at: 0).sample.sourceSize
        #expect(size == (image.width, image.height))
    }

    @Test("A decoder of one's own is asked only about what isn't decoded, and within the limits")
    func refusals() throws {
        let asked = NumberDataset.Watch()
        let decoder = ClosureImageDecoder("nothing") { _ in
            asked.loads.wrappingAdd(1, ordering: .relaxed)
            return nil
        }
        func refusal(
            _ bytes: [UInt8], _ other: ClosureImageDecoder, _ limits: ImageLimits = ImageLimits()
        ) -> ImageError? {
            #expect(throws: ImageError.self) {
                try ImageDecoder(limits: limits, otherFormats: other).header(of: bytes.span)
            }
        }
        let gray = try Fixture.bytes("jpegs/gray.jpg")
        _ = try ImageDecoder(otherFormats: decoder).header(of: gray.span)
        #expect(refusal([], decoder)?.code == .truncated)
        #expect(asked.loads.load(ordering: .relaxed) == 0)
        #expect(refusal(Array("qoif nothing".utf8), decoder)?.code == .unknownFormat)
        #expect(refusal(Array("qoif nothing".utf8), decoder)?.reason.contains("QOI") == true)
        #expect(asked.loads.load(ordering: .relaxed) == 2)

        let pixmap = Array("P6 2 1 255 abcdef".utf8)
        let header = try ImageDecoder(otherFormats: pixmaps).header(of: pixmap.span)
        #expect(header.width == 2 && header.height == 1 && header.format == nil)
        #expect(refusal(pixmap, pixmaps, ImageLimits(maxPixels: 1))?.code == .tooLarge)
        #expect(refusal(pixmap, pixmaps, ImageLimits(maxBytes: 9))?.code == .tooLarge)
        #expect(refusal(Array("P6 2 1 65535 abcdef".utf8), pixmaps)?.code == .unsupported)
        #expect(refusal(Array("P6 2 1 255 abc".utf8), pixmaps)?.code == .badRequest)
        struct Odd: Error, CustomStringConvertible { let description = "odd" }
        let failing = ClosureImageDecoder("mine") { _ in throw Odd() }
        #expect(refusal(pixmap, failing) == ImageError(.invalid, "mine: odd"))
        #expect(pixmaps == ClosureImageDecoder("PPM") { _ in nil } && pixmaps != decoder)
    }

    @Test("A store of one's own is read by key; a read that fails for a moment is tried again")
    func store() throws {
        let files = try Self.files(6)
        let failuresLeft = ConditionLock(2)
        let bucket = Bucket(prefix: "set/") { key in
            guard key.hasPrefix("set/") else { throw StoreError(.missing, file: key, reason: "") }
            let fails = failuresLeft.update { left in
                defer { left -= 1 }
                return left > 0
            }
            if fails { throw StoreError(.system, file: key, reason: "busy") }
            return try files.bytes(of: String(key.dropFirst(4)))
        }
        let dataset = try CaptionDataset(
            Samples.configuration(imageSize: 24), manifest: Self.entries(6), images: bucket,
            annotations: bucket)
        var options = LoaderOptions(
            batchSize: 3, sampler: .sequential, failurePolicy: .stop, logger: .silent)
        options.readRetries = ReadRetries(pauses: [0, 0, 0])
        let loader = try DataLoader(dataset, options)
        #expect(try loader.results.map { try $0.get().count } == [3, 3])
        #expect(loader.statistics.retriedReads == 2)
    }

    @Test("Synchronous, asynchronous and several consumers at once see the same batches")
    func consumers() async throws {
        let dataset = try Samples.dataset(20)
        let loader = try DataLoader(
            dataset,
            LoaderOptions(
                batchSize: 4, sampler: .infinite(seed: 2), workers: 2, batchLimit: 6,
                logger: .silent))
        func floats(_ batch: CaptionBatch) throws -> [[Float]] {
            try (0..<batch.count).map { try batch.pixelValues[$0] }
        }
        let plain = try loader.results.map { try floats(try $0.get()) }
        try await withThrowingTaskGroup(of: [[[Float]]].self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var batches: [[[Float]]] = []
                    for try await batch in loader { batches.append(try floats(batch)) }
                    return batches
                }
            }
            for try await batches in group { #expect(batches == plain) }
        }
        #expect(loader.statistics.batches == 24)
    }

    @Test(
        "A held-out list is loaded from the shards of the training, shares no sample with it, and is the same in every iteration"
    )
    func heldOut() throws {
        let folder = try TemporaryFolder()
        let written = try FixtureDataset(samples: 6, shards: 2, shortestEdge: 81, imageSize: 8)
            .write(to: folder.path)
        for (name, numbers) in [("train.json", [0, 2, 3, 5]), ("held-out.json", [1, 4])] {
            let entries = numbers.map { number -> String in
                let path = "0000\(number / 3)/000000000\(number)"
                return #"{"image": "\#(path).jpg", "annotation": "\#(path).json"}"#
            }
            _ = try folder.write(name, "[\(entries.joined(separator: ", "))]")
        }
        func files(_ list: String) throws -> (first: [String], second: [String], pixels: Bool) {
            let training = try TrainingConfiguration(
                file: written.configuration,
                overrides: [ConfigurationOverride(parsing: "dataset.data_path=\(list)")])
            let loader = try DataLoader(
                ConcatDataset(training, root: written.root, logger: .silent),
                LoaderOptions(
                    batchSize: 4, sampler: .sequential, workers: 2, failurePolicy: .stop,
                    logger: .silent))
            func batch() throws -> CaptionBatch? { try loader.results.map { try $0.get() }.first }
            let (first, second) = (try batch(), try batch())
            let pixels = try first?.pixelValues[0] == second?.pixelValues[0]
            return (
                first?.samples.map(\.sample.imageFile) ?? [],
                second?.samples.map(\.sample.imageFile) ?? [], pixels
            )
        }
        let (training, heldOut) = (try files("train.json"), try files("held-out.json"))
        #expect(training.first.count == 4 && training.first == training.second && training.pixels)
        #expect(heldOut.first.count == 2 && heldOut.first == heldOut.second && heldOut.pixels)
        #expect(Set(training.first).isDisjoint(with: heldOut.first))
    }

    private static func entries(_ count: Int) -> Manifest {
        Manifest((0..<count).map { ("\($0).jpg", "\($0).json") })
    }

    private static func files(_ count: Int) throws -> MemoryStore {
        var files: [String: [UInt8]] = [:]
        for index in 0..<count {
            files["\(index).jpg"] = try Fixture.bytes("jpegs/square.jpg")
            files["\(index).json"] = Array(#"{"re_caption": "number \#(index)"}"#.utf8)
        }
        return try MemoryStore(files)
    }
}

extension Logger {
    fileprivate static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
