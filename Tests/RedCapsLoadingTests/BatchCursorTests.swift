import Logging
import RedCapsLoading
import TestSupport
import Testing

/// Chooses whole batches, each of samples whose indices have one remainder: batch b of all shards those
/// of remainder b mod `groups`, whose batches have one sample less than others if it is the last group.
struct GroupedSampler: Sampler {
    let batchSize: Int
    let groups: Int
    var batches: Int?
    var identity: String { "grouped:v1:\(batchSize):\(groups)" }

    func length(over layout: DatasetLayout) -> Int? { batches.map { $0 * batchSize } }

    func makeBatchCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> any BatchCursor {
        guard layout.count >= groups else { throw LoaderError("less than \(groups) samples") }
        return Batches(sampler: self, count: layout.count, shardIndex: shardIndex)
    }

    func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> some IteratorProtocol<Int> & Sendable {
        BatchedSamples(
            try makeBatchCursor(
                at: position, shardIndex: shardIndex, shardCount: shardCount, over: layout),
            batchSize: batchSize, at: position, shardIndex: shardIndex, shardCount: shardCount)
    }

    private struct Batches: BatchCursor {
        let sampler: GroupedSampler
        let count: Int
        let shardIndex: Int

        func indices(at positions: BatchPositions) throws(LoaderError) -> [Int] {
            let (size, groups) = (sampler.batchSize, sampler.groups)
            guard positions.count <= size else {
                throw LoaderError("batches have \(size) samples, not \(positions.count)")
            }
            // The batches of all shards in a row, whatever the number of these.
            let batch = (positions.start - shardIndex) / size + shardIndex
            let group = batch % groups
            let samples = (count - group + groups - 1) / groups
            let first = batch / groups * size
            let rest = group == groups - 1 ? positions.count - 1 : positions.count
            return (first..<(first + rest)).map { group + groups * ($0 % samples) }
        }
    }
}

@Suite("Samplers of whole batches")
struct BatchCursorTests {
    private let dataset = NumberDataset(31, broken: [4, 10])
    private let sampler = GroupedSampler(batchSize: 4, groups: 3)

    private func rows(
        workers: Int = 2, prefetch: Int = 2, limit: Int = 24,
        context: DistributedContext = .alone, resuming point: ResumePoint? = nil
    ) throws -> (batches: [[Row]], points: [ResumePoint]) {
        let loader = try DataLoader(
            dataset,
            LoaderOptions(
                batchSize: 4, sampler: sampler, workers: workers, prefetchBatches: prefetch,
                seed: 3, context: context, batchLimit: limit,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            resuming: point)
        let batches = try loader.results.map { try $0.get() }
        #expect(loader.statistics.skippedSamples == 0)
        return (batches.map { $0.map(Row.init) }, batches.map(\.context.resumePoint))
    }

    @Test("Every batch is of one group, and may be shorter than others; positions stay its own")
    func groups() throws {
        let batches = try rows().batches
        #expect(batches.map(\.count) == (0..<24).map { $0 % 3 == 2 ? 3 : 4 })
        for (number, batch) in batches.enumerated() {
            #expect(Set(batch.map { $0.index % 3 }) == [number % 3])
            #expect(batch.map(\.position) == Array((4 * number)..<(4 * number + batch.count)))
        }
        // Samples aren't left out by it: of each group they come in turn.
        #expect(
            batches.joined().map(\.index).filter { $0 % 3 == 0 }.prefix(11)
                == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30])
    }

    @Test("The order is the same for any number of threads, and goes on after any batch")
    func resumes() throws {
        let (all, points) = try rows()
        for workers in [1, 3, 8] {
            #expect(try rows(workers: workers, prefetch: workers).batches == all)
            for done in [1, 2, 3, 10, 23] {
                let rest = try rows(
                    workers: workers, limit: 24 - done, resuming: points[done - 1])
                #expect(rest.batches == Array(all[done...]))
            }
        }
    }

    @Test(
        "Ranks share the batches out by shard index and count, also after a resume on other ranks")
    func ranks() throws {
        let all = try rows().batches
        let first = try rows(limit: 3)
        var streamed = first.batches
        let point = try #require(first.points.last)
        let parts = try (0..<3).map { rank in
            try rows(
                limit: 7, context: DistributedContext(rank: rank, worldSize: 3), resuming: point)
        }
        #expect(Set(parts.compactMap(\.points.last)).count == 1)
        for step in 0..<7 { streamed += parts.map { $0.batches[step] } }
        #expect(streamed.map { $0.map(\.index) } == all.map { $0.map(\.index) })
    }

    @Test("Its samples are had singly as well, and an order that can't be made is refused at once")
    func single() throws {
        var cursor = try sampler.makeCursor(over: DatasetLayout(count: 31))
        let singly = (0..<11).map { _ in cursor.next() }
        #expect(try singly == rows().batches.prefix(3).joined().map(\.index))
        let error = #expect(throws: LoaderError.self) {
            try DataLoader(NumberDataset(2), LoaderOptions(batchSize: 4, sampler: sampler))
        }
        #expect(error?.description == "less than 3 samples")
        let larger = try DataLoader(dataset, LoaderOptions(batchSize: 5, sampler: sampler))
        let refused = #expect(throws: LoaderError.self) {
            for result in larger.results { _ = try result.get() }
        }
        #expect(refused?.description == "batches have 4 samples, not 5")
    }

    @Test("An order of so many batches ends with them")
    func ends() throws {
        var sampler = sampler
        sampler.batches = 5
        let loader = try DataLoader(
            NumberDataset(31), LoaderOptions(batchSize: 4, sampler: sampler, workers: 3))
        #expect(try loader.results.map { try $0.get().count } == [4, 4, 3, 4, 4])
    }
}
