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

/// Keeps what is logged.
private final class LogBook: Sendable {
    private let entries = ConditionLock<[String]>([])

    var lines: [String] { entries.update { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Page { [self] line in entries.update { $0.append(line) } } }
    }

    private struct Page: LogHandler {
        let write: @Sendable (String) -> Void
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { write("\(event.message)") }
    }
}
