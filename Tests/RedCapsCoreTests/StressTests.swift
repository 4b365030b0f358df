import TestSupport
import RedCapsLoading
import Foundation
import Logging
import RedCapsCore
import Synchronization
import Testing

@Suite("Many loaders")
struct StressTests {
    /// How many are started: few by default, and as many as `REDCAPS_LOADERS` says.
    private static let count =
        ProcessInfo.processInfo.environment["REDCAPS_LOADERS"].flatMap { Int($0) } ?? 60

    /// What chooses them: another each time, or as `REDCAPS_SEED` says, to repeat a run that failed.
    private static let seed =
        ProcessInfo.processInfo.environment["REDCAPS_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0..<1_000_000)

    @Test("Started, cancelled and dropped at random moments, they leave neither threads nor memory")
    func random() async throws {
        let numbers = NumberDataset(500, broken: [3, 77, 200])
        let captions = try Samples.dataset(40, broken: [7]) {
            TroubledStore($0, microseconds: 300, failures: ["1.jpg": 3, "5.json": 1])
        }
        var random = PositionalDraws(seed: Self.seed, position: 0)
        // A few at a time, so that they get into each other's way.
        for _ in 0..<(Self.count / 4) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    let options = Self.options(&random)
                    let life = Life(&random)
                    if Bool.random(using: &random) {
                        group.addTask { await life.live(numbers, options) }
                    } else {
                        group.addTask { await life.live(captions, options) }
                    }
                }
            }
        }
        #expect(numbers.threadsHaveEnded(), "REDCAPS_SEED=\(Self.seed)")
        #expect(
            numbers.watch.storages.load(ordering: .relaxed) == 0, "REDCAPS_SEED=\(Self.seed)")
    }

    private static func options(_ random: inout some RandomNumberGenerator) -> LoaderOptions {
        let policies: [FailurePolicy] = [
            .replace(atMost: .fraction(1)), .skip(atMost: 5), .stop, .replace(atMost: 2),
        ]
        var options = LoaderOptions(
            batchSize: .random(in: 1...9, using: &random),
            sampler: .infinite(seed: random.next()),
            workers: .random(in: 1...5, using: &random),
            prefetchBatches: .random(in: 1...4, using: &random),
            batchLimit: .random(in: 0...20, using: &random),
            failurePolicy: policies.randomElement(using: &random) ?? .stop,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        options.readsInFlight = .random(in: 1...6, using: &random)
        options.readRetries = ReadRetries(pauses: [1, 1, 1])
        options.stallLimit = Bool.random(using: &random) ? .milliseconds(5) : nil
        return options
    }
}

/// How a loader ends.
private enum Life {
    case through
    case dropped(after: Int)
    case cancelled(afterMicroseconds: UInt64)
    case plain(until: Int)

    init(_ random: inout some RandomNumberGenerator) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: self = .through
        case 1: self = .dropped(after: .random(in: 0...6, using: &random))
        case 2: self = .cancelled(afterMicroseconds: .random(in: 0...20_000, using: &random))
        default: self = .plain(until: .random(in: 0...6, using: &random))
        }
    }

    func live<Source: Dataset>(_ dataset: Source, _ options: LoaderOptions) async {
        guard let loader = try? DataLoader(dataset, options) else { return }
        switch self {
        case .through: _ = try? await count(loader, until: .max)
        case .dropped(let batches): _ = try? await count(loader, until: batches)
        case .plain(let batches):
            for (number, result) in loader.results.enumerated() {
                if number >= batches { break }
                _ = try? result.get()
                _ = loader.statistics
            }
        case .cancelled(let microseconds):
            let task = Task { try await count(loader, until: .max) }
            try? await Task.sleep(for: .microseconds(microseconds))
            task.cancel()
            _ = await task.result
        }
    }

    private func count<Source: Dataset>(
        _ loader: DataLoader<Source>, until limit: Int
    ) async throws -> Int {
        var batches = 0
        for try await _ in loader {
            batches += 1
            if batches >= limit { break }
        }
        return batches
    }
}
