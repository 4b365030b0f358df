import Foundation
import Logging
import RedCapsLoading
import TestSupport
import Testing

/// An order of so many positions, as it says, whose samples are all the same.
private struct Same: PureSampler {
    var length: Int?
    var sample = 0
    var identity: String { "same:v1" }

    func length(over layout: DatasetLayout) -> Int? { length }
    func index(at position: Int, over layout: DatasetLayout) -> Int { sample }
}

/// Numbers of which the odd ones can't be loaded, and whose replacement is always the same.
private struct Replaced: Dataset {
    struct Odd: Error {}
    let count = 10
    let replacement: Int

    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Void, slot: Int, workspace: Void
    ) throws -> Int {
        guard index % 2 == 0 else { throw Odd() }
        return index
    }

    func replacement(for index: Int, draws: inout some SampleDraws) -> Int { replacement }
}

/// A data set that there is no memory for, which its workers notice when the consumer already waits.
private struct NoMemory: Dataset {
    struct Full: Error {}
    let count = 10

    func makeWorkspace(probe: LoadingProbe) { Thread.sleep(forTimeInterval: 0.03) }
    func makeStorage(for batch: PlannedBatch) throws -> Int {
        guard batch.number < 2 else { throw Full() }
        return 0
    }

    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Int, slot: Int, workspace: Void
    ) -> Int { index }
}

@Suite("Numbers that lead nowhere")
struct BoundsTests {
    private func options(_ sampler: any Sampler) -> LoaderOptions {
        LoaderOptions(
            batchSize: 4, sampler: sampler, workers: 2, batchLimit: 3,
            failurePolicy: .replace(atMost: 5),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("A state at a position or batch that can't be counted from is refused, with the numbers")
    func states() throws {
        let dataset = NumberDataset(10)
        let options = options(.infinite(seed: 1))
        let start = try DataLoader(dataset, options).state
        for (position, batch) in [(0, Int.max), (0, .max - 1), (.max - 7, 0), (-1, 0), (0, -1)] {
            var point = start
            (point.position, point.batch) = (position, batch)
            let error = #expect(throws: LoaderError.self) {
                try DataLoader(dataset, options, resuming: point)
            }
            #expect(error?.description.contains("position \(position), batch \(batch)") == true)
        }
        var point = start
        (point.position, point.batch) = (1 << 40, 1 << 40)
        #expect(try DataLoader(dataset, options, resuming: point).results.count { _ in true } == 3)
        var far = options
        (far.firstBatch, far.batchSize) = (1 << 48, 65536)
        #expect(throws: LoaderError.self) { try DataLoader(dataset, far) }
    }

    @Test("An order may say any length")
    func lengths() throws {
        for (length, batches) in [(Int.max, 3), (.max - 1, 3), (-5, 0), (0, 0), (5, 2)] {
            let loader = try DataLoader(NumberDataset(10), options(Same(length: length)))
            #expect(try loader.results.map { try $0.get() }.count == batches, "\(length)")
        }
    }

    @Test("An index that the data set hasn't ends the run, and never reaches it")
    func indices() throws {
        for index in [-1, 10, .max, .min] {
            let loader = try DataLoader(NumberDataset(10), options(Same(sample: index)))
            var results = loader.results.makeIterator()
            let error = #expect(throws: LoaderError.self) { try results.next()?.get() }
            #expect(error?.description.contains("gave index \(index)") == true)
        }
    }

    @Test("A replacement that the data set hasn't is a failure of the sample")
    func replacements() throws {
        let loader = try DataLoader(Replaced(replacement: 99), options(Same(sample: 3)))
        var results = loader.results.makeIterator()
        let error = #expect(throws: TooManyFailures.self) { try results.next()?.get() }
        #expect(error?.description.contains("none of index 99") == true)
        let good = try DataLoader(Replaced(replacement: 4), options(Same(sample: 3)))
        var batches = good.results.makeIterator()
        #expect(try batches.next()?.get().map(\.sample) == [4, 4, 4, 4])
    }

    @Test(
        "A consumer that waits is told that there is no memory, whichever way it waits",
        .timeLimit(.minutes(2)), arguments: [0, 2])
    func waiting(firstBatch: Int) async throws {
        for workers in [1, 2] {
            var options = options(.infinite())
            (options.workers, options.firstBatch, options.batchLimit) = (workers, firstBatch, 9)
            let loader = try DataLoader(NoMemory(), options)
            var results = loader.results.makeIterator()
            for _ in firstBatch..<2 { #expect(try results.next()?.get() != nil) }
            #expect(throws: NoMemory.Full.self) { try results.next()?.get() }
            var batches = loader.makeAsyncIterator()
            for _ in firstBatch..<2 { #expect(try await batches.next() != nil) }
            await #expect(throws: NoMemory.Full.self) { try await batches.next() }
        }
    }

    @Test("Positions have no negative count, wherever they come from")
    func positions() throws {
        #expect(BatchPositions(start: 3, count: -1).isEmpty)
        let text = #"{"start": 3, "stride": 1, "count": -1}"#
        let decoded = try JSONDecoder().decode(BatchPositions.self, from: Data(text.utf8))
        #expect(Array(decoded) == [])
        let positions = BatchPositions(start: 3, stride: 2, count: 4)
        let encoded = try JSONEncoder().encode(positions)
        #expect(try JSONDecoder().decode(BatchPositions.self, from: encoded) == positions)
    }
}
