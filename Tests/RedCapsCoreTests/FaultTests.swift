import RedCapsBase
import RedCapsLoading
import Foundation
import Logging
import RedCapsCore
import Synchronization
import TestSupport
import Testing

@Suite("Faults")
struct FaultTests {
    private func options(
        _ policy: FailurePolicy, workers: Int = 3, batchSize: Int = 4,
        sampler: any Sampler = .sequential, limit: Int? = nil
    ) -> LoaderOptions {
        LoaderOptions(
            batchSize: batchSize, sampler: sampler, workers: workers, seed: 1, batchLimit: limit,
            failurePolicy: policy,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("Skipping, every good sample comes once and every bad one is told once, in order")
    func skip() throws {
        let broken: Set = [0, 7, 8, 9, 10, 11, 30]
        for workers in [1, 2, 8] {
            let told = ConditionLock<[Int]>([])
            var options = options(.skip(atMost: 10), workers: workers)
            options.onFailure = { failure in told.update { $0.append(failure.index) } }
            let loader = try DataLoader(NumberDataset(41, broken: broken), options)
            let batches = try loader.results.map { try $0.get() }
            #expect(batches.map(\.count) == [3, 3, 0, 4, 4, 4, 4, 3, 4, 4, 1])
            #expect(batches.flatMap { $0.context.positions } == Array(0..<41))
            #expect(
                batches.flatMap { $0.map(\.index) } == (0..<41).filter { !broken.contains($0) })
            #expect(told.update { $0 } == broken.sorted())
            #expect(batches.flatMap { $0.context.failures.map(\.index) } == broken.sorted())
            #expect(loader.statistics.skippedSamples == 7)
            #expect(loader.statistics.samples == 34)
        }
    }

    @Test("A budget counts over the whole run; what exceeds it ends the run at the same batch")
    func budget() throws {
        let dataset = NumberDataset(60, broken: [1, 20, 40])
        for workers in [1, 8] {
            for policy in [FailurePolicy.skip(atMost: 2), .replace(atMost: 2)] {
                var batches = 0
                let error = #expect(throws: TooManyFailures.self) {
                    for result in try DataLoader(dataset, options(policy, workers: workers)).results
                    {
                        _ = try result.get()
                        batches += 1
                    }
                }
                #expect(batches == 10)
                #expect(error?.failures.last?.position == 40)
            }
        }
    }

    @Test("A share of failures is borne, but not a data set in which everything is bad")
    func share() throws {
        let some = NumberDataset(4000, broken: Set(stride(from: 0, to: 4000, by: 20)))
        let loader = try DataLoader(some, options(.skip(atMost: .fraction(0.06)), batchSize: 100))
        #expect(try loader.results.map { try $0.get().count }.reduce(0, +) == 3800)
        let all = NumberDataset(500, broken: Set(0..<500))
        for policy in [
            FailurePolicy.skip(atMost: .fraction(0.05)), .replace(atMost: .fraction(0.05)),
            .replace(atMost: 3), .skip(atMost: 0), .stop,
        ] {
            let loader = try DataLoader(all, options(policy, sampler: .infinite()))
            #expect(throws: TooManyFailures.self) {
                for result in loader.results { _ = try result.get() }
            }
        }
    }

    @Test("An order that ends without a single good sample ends with an error, however short")
    func nothing() throws {
        let loader = try DataLoader(
            NumberDataset(6, broken: Set(0..<6)), options(.skip(atMost: .fraction(0.5))))
        var counts: [Int] = []
        let error = #expect(throws: TooManyFailures.self) {
            for result in loader.results { counts.append(try result.get().count) }
        }
        #expect(counts == [0, 0])
        #expect(error?.count == 6)
    }

    @Test("The first place for which nothing can be had ends the run; no other is tried in full")
    func firstVerdict() throws {
        for (policy, attempts) in [
            (FailurePolicy.replace(atMost: .fraction(0.1)), 101),
            (.replace(atMost: .count(.max)), FailurePolicy.maximumReplacements + 1),
        ] {
            for mode in [nil, try ReferenceMode(workers: 2)] {
                let dataset = NumberDataset(1000, broken: Set(0..<1000))
                var options = options(
                    policy, workers: 2, batchSize: 32, sampler: .torchInfinite())
                options.reference = mode
                let loader = try DataLoader(dataset, options)
                let error = #expect(throws: TooManyFailures.self) {
                    for result in loader.results { _ = try result.get() }
                }
                #expect(error?.failures.count == attempts)
                #expect(error?.failures.allSatisfy { $0.position == 0 } == true)
                #expect(
                    error?.description.contains("the cause may be the whole data set's") == true)
                #expect(dataset.threadsHaveEnded())
                #expect(dataset.watch.loads.load(ordering: .relaxed) <= 2 * attempts)
            }
        }
    }

    @Test("Pixels stay with their captions when samples before them are left out")
    func rows() throws {
        let broken: Set = [1, 4, 5]
        let dataset = try Samples.dataset(12, broken: broken)
        let loader = try DataLoader(
            dataset, options(.skip(atMost: 9), workers: 2, batchSize: 6))
        for result in loader.results {
            let batch = try result.get()
            #expect(batch.pixelValues.count == batch.count)
            for (row, loaded) in batch.samples.enumerated() {
                let alone = try dataset.sample(
                    at: loaded.index, seed: 1, position: loaded.position)
                #expect(alone.sample == loaded.sample)
                #expect(try alone.pixelValues[0] == batch.pixelValues[row])
            }
        }
    }

    @Test("A read that fails for a reason that may pass is tried again, others aren't")
    func retries() throws {
        for (error, pauses, samples) in [
            (EIO, [0, 0, 0], 6), (ESTALE, [0, 0, 0], 6), (EIO, [0], 4), (EACCES, [0, 0, 0], 4),
        ] {
            let dataset = try Samples.dataset(6) {
                TroubledStore($0, failures: ["1.json": 2, "3.jpg": 2], error: error)
            }
            var options = options(.skip(atMost: 6), sampler: .sequential)
            options.readRetries = ReadRetries(pauses: pauses)
            let loader = try DataLoader(dataset, options)
            #expect(try loader.results.map { try $0.get().count }.reduce(0, +) == samples)
            let retried = error == EACCES ? 0 : samples == 6 ? 4 : 2
            #expect(loader.statistics.retriedReads == retried)
        }
    }

    @Test("A stage that is stuck is told with its place, once, while the others go on")
    func stall() throws {
        let told = ConditionLock<[String]>([])
        let dataset = SlowDataset(slow: 3, others: 9)
        var options = options(.stop, workers: 2, batchSize: 2, limit: 5)
        options.prefetchBatches = 4
        options.stallLimit = .milliseconds(50)
        options.onStall = { stall in
            told.update { $0.append("\(stall.stage) \(stall.index) \(stall.place)") }
            dataset.release()
        }
        let loader = try DataLoader(dataset, options)
        let batches = try loader.results.map { try $0.get().map(\.sample) }
        #expect(batches.flatMap { $0 } == Array(0..<10))
        #expect(told.update { $0 } == ["read 3 shelf 3"])
        #expect(dataset.loadsWhileStuck.load(ordering: .relaxed) == 9)
        #expect(loader.statistics.stalls == 1)
    }
}

/// A data set one of whose samples is stuck until somebody has noticed and all that may be loaded
/// meanwhile is.
private final class SlowDataset: Dataset {
    let count = 100
    private let slow: Int
    private let others: Int
    private let isReleased = Atomic(false)
    private let loads = Atomic(0)
    let loadsWhileStuck = Atomic(0)

    init(slow: Int, others: Int) { (self.slow, self.others) = (slow, others) }

    func release() { isReleased.store(true, ordering: .relaxed) }

    func makeWorkspace(probe: LoadingProbe) -> LoadingProbe { probe }

    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Void, slot: Int,
        workspace: LoadingProbe
    ) throws -> Int {
        workspace.measure(.read, of: index) {
            guard index == slow else {
                loads.wrappingAdd(1, ordering: .relaxed)
                return index
            }
            for _ in 0..<4000 {
                let isDone = loads.load(ordering: .relaxed) == others
                if isDone, isReleased.load(ordering: .relaxed) { break }
                usleep(5000)
            }
            loadsWhileStuck.store(loads.load(ordering: .relaxed), ordering: .relaxed)
            return index
        }
    }

    func place(of index: Int, stage: LoadingStage) -> String { "shelf \(index)" }
}
