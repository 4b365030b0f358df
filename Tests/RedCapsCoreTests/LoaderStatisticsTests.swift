import RedCapsBase
import TestSupport
import RedCapsImage
import RedCapsLoading
import Foundation
import Logging
import RedCapsCore
import Testing

@Suite("What a loader tells")
struct LoaderStatisticsTests {
    private func options(_ policy: FailurePolicy, _ logger: Logger) -> LoaderOptions {
        LoaderOptions(
            batchSize: 4, sampler: .sequential, workers: 2, failurePolicy: policy, logger: logger)
    }

    @Test("Time counts from the first iteration, not from when the loader was made")
    func elapsed() throws {
        let loader = try DataLoader(NumberDataset(20), options(.stop, LogBook().logger))
        #expect(loader.statistics.bottleneck == .unknown)
        #expect(loader.statistics.workers == 2)
        usleep(100_000)
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try loader.results.map { try $0.get().count } == [4, 4, 4, 4, 4])
        let statistics = loader.statistics
        #expect(statistics.elapsed <= clock.now - start)
        #expect(statistics.elapsed > .zero)
        #expect(statistics.consumerWait <= statistics.elapsed)
        #expect(statistics.consumerWaits.count == 5)
        #expect(statistics.samples == 20 && statistics.batches == 5)
        #expect(statistics.bottleneck != .unknown)
    }

    @Test("Each failure is logged once, as what became of its sample")
    func verbs() throws {
        for (policy, verb) in [
            (FailurePolicy.replace(atMost: 9), "replaced"), (.skip(atMost: 9), "left out"),
            (.stop, "failed"),
        ] {
            let book = LogBook()
            let loader = try DataLoader(
                NumberDataset(9, broken: [6]), options(policy, book.logger))
            for result in loader.results { _ = try? result.get() }
            #expect(book.lines.filter { $0.hasPrefix("\(verb): position 6, ") }.count == 1)
        }
    }

    @Test("Of many failures of one kind a few are logged, and all are in the batches and are told")
    func manyFailures() throws {
        struct Two: Dataset {
            struct Rare: Error {}
            struct Frequent: Error {}
            let count = 40
            func load(
                _ index: Int, draws: inout some SampleDraws, into storage: Void, slot: Int,
                workspace: Void
            ) throws -> Int {
                if index == 20 { throw Rare() }
                if index < 24 { throw Frequent() }
                return index
            }
        }
        let book = LogBook()
        let told = ConditionLock(0)
        var options = options(.skip(atMost: 30), book.logger)
        options.onFailure = { _ in told.update { $0 += 1 } }
        let loader = try DataLoader(Two(), options)
        let failures = try loader.results.flatMap { try $0.get().context.failures }
        #expect(failures.map(\.index) == Array(0..<24))
        #expect(told.update { $0 } == 24)
        let lines = book.lines.filter { $0.hasPrefix("left out: ") }
        #expect(
            lines.map { $0.split(separator: ",")[0] } == [
                "left out: position 0", "left out: position 1", "left out: position 2",
                "left out: position 3", "left out: position 4", "left out: position 9",
                "left out: position 20", "left out: position 23",
            ])
        #expect(lines.count == 8)
        #expect(lines[5].hasSuffix("(and 4 more like it)"))
        #expect(lines[6].contains("Rare") && !lines[6].contains("more like it"))
        #expect(lines[7].hasSuffix("(and 12 more like it)"))
    }

    @Test("An iteration that is left early logs how many failures it has only counted")
    func leftEarly() throws {
        let book = LogBook()
        do {
            let loader = try DataLoader(
                NumberDataset(40, broken: Set(0..<8)), options(.skip(atMost: 30), book.logger))
            var results = loader.results.makeIterator()
            for _ in 0..<2 { _ = try results.next()?.get() }
        }
        let lines = book.lines.filter { $0.hasPrefix("left out: ") }
        #expect(lines.count == 6)
        #expect(lines.last?.contains("position 7, ") == true)
        #expect(lines.last?.hasSuffix("(and 2 more like it)") == true)
    }

    @Test("Statistics print themselves in a few lines, and as a table of the stages")
    func text() throws {
        let loader = try DataLoader(
            Samples.dataset(20, broken: [3]), options(.skip(atMost: 4), LogBook().logger))
        #expect("\(loader.statistics)".hasPrefix("0 samples in 0 batches"))
        for result in loader.results { _ = try result.get() }
        let statistics = loader.statistics
        let lines = "\(statistics)".split(separator: "\n")
        #expect(lines[0].hasPrefix("19 samples in 5 batches in "))
        #expect(lines[0].contains(" samples/s, "))
        #expect(lines[1].hasPrefix("0 replaced, 1 left out, 1 failures; "))
        #expect(lines[2].hasPrefix("the consumer waited "))
        #expect(lines[2].contains(", 2 workers "))
        let table = statistics.profile.split(separator: "\n")
        let rows = ["consumer", "workers", "queue", "bottleneck"]
        for word in LoadingStage.allCases.map(\.description) + rows {
            #expect(table.contains { $0.hasPrefix(word) }, "\(word)")
        }
    }

    @Test("An order without any batch says why, once, to the log")
    func noBatches() throws {
        func reason(
            _ sampler: any Sampler = .sequential, resuming point: ResumePoint? = nil,
            _ change: (inout LoaderOptions) -> Void
        ) throws -> String? {
            let book = LogBook()
            var options = options(.stop, book.logger)
            options.sampler = sampler
            change(&options)
            let loader = try DataLoader(NumberDataset(10), options, resuming: point)
            var results = loader.results.makeIterator()
            for _ in 0..<2 { #expect(try results.next()?.get() == nil) }
            #expect(book.lines.count { $0.hasPrefix("no batches: ") } == 1)
            return book.lines.last { $0.hasPrefix("no batches: ") }
        }
        let dropped = try reason {
            $0.dropsLast = true
            $0.batchSize = 11
        }
        #expect(dropped?.contains("has 10 samples, a batch of all ranks 11") == true)
        #expect(try reason { $0.batchLimit = 0 }?.contains("none were asked for") == true)
        #expect(try reason { $0.firstBatch = 3 }?.contains("ends after 10 samples") == true)
        #expect(try reason { $0.skippedBatches = [0..<9] }?.contains("stepped over") == true)
        #expect(try reason(.epochs(0)) { _ in }?.contains("has no samples") == true)
        let through = try DataLoader(NumberDataset(10), options(.stop, LogBook().logger))
        #expect(through.reasonForNoBatches == nil)
        for result in through.results { _ = try result.get() }
        let again = try reason(resuming: through.state) { _ in }
        #expect(
            again
                == "no batches: the run is through; it goes on at position 10, and the order ends "
                + "after 10 samples")
    }

    @Test("A batch that all samples were left out of has no contact sheet")
    func emptySheet() throws {
        let loader = try DataLoader(
            Samples.dataset(8, broken: [0, 1, 2, 3]),
            options(.skip(atMost: 4), LogBook().logger))
        let batches = try loader.results.map { try $0.get() }
        #expect(batches.map(\.count) == [0, 4])
        #expect(throws: ImageError.self) { try batches[0].contactSheet() }
        #expect(try batches[1].contactSheet(edge: 8).width > 8)
    }

    @Test("More ranks than any order could be divided among are refused")
    func worldSize() throws {
        var options = options(.stop, LogBook().logger)
        options.context = try DistributedContext(rank: 0, worldSize: 1 << 46)
        #expect(throws: LoaderError.self) { try DataLoader(NumberDataset(3), options) }
    }
}
