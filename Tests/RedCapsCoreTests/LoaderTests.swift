import RedCapsBase
import RedCapsImage
import RedCapsLoading
import RedCapsTar
import Logging
import RedCapsCore
import Synchronization
import TestSupport
import Testing

/// The next element of a sequence that isn't at its end.
private func next<Iterator: IteratorProtocol>(_ iterator: inout Iterator) throws -> Iterator.Element
{
    let element = iterator.next()
    return try #require(element)
}

@Suite("The loader")
struct LoaderTests {
    private func options(
        _ batchSize: Int, sampler: any Sampler = .sequential, workers: Int = 2, prefetch: Int = 2,
        limit: Int? = nil, dropsLast: Bool = false, policy: FailurePolicy = .replace(atMost: 100)
    ) -> LoaderOptions {
        LoaderOptions(
            batchSize: batchSize, sampler: sampler, workers: workers, prefetchBatches: prefetch,
            seed: 5, batchLimit: limit, dropsLast: dropsLast, failurePolicy: policy,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func batches(_ dataset: NumberDataset, _ options: LoaderOptions) throws -> [[Row]] {
        try DataLoader(dataset, options).results.map { try $0.get().map(Row.init) }
    }

    @Test(
        "Batches are the same for any number of threads and any prefetch", arguments: [1, 2, 3, 8])
    func anyWorkers(workers: Int) throws {
        let broken: Set = [3, 4, 17, 40]
        let alone = try batches(
            NumberDataset(50, broken: broken),
            options(4, sampler: .infinite(seed: 2), workers: 1, prefetch: 1, limit: 30))
        #expect(alone.count == 30)
        #expect(alone.joined().map(\.position) == Array(0..<120))
        for prefetch in [1, 2, 5] {
            let dataset = NumberDataset(50, broken: broken)
            let together = try batches(
                dataset,
                options(
                    4, sampler: .infinite(seed: 2), workers: workers, prefetch: prefetch, limit: 30)
            )
            #expect(together == alone)
            #expect(dataset.threadsHaveEnded())
        }
    }

    @Test("An async iteration gives what a plain one gives")
    func async() async throws {
        let options = options(4, sampler: .infinite(seed: 2), workers: 3, limit: 20)
        let plain = try batches(NumberDataset(33), options)
        let dataset = NumberDataset(33)
        var rows: [[Row]] = []
        for try await batch in try DataLoader(dataset, options) { rows.append(batch.map(Row.init)) }
        #expect(rows == plain)
        #expect(dataset.threadsHaveEnded())
    }

    @Test("Pixels and ids of real samples are the same for any number of threads")
    func pixels() throws {
        let dataset = try Samples.dataset(23, broken: [4, 9])
        func digest(_ workers: Int) throws -> [[[Float]]] {
            let loader = try DataLoader(
                dataset, options(5, sampler: .infinite(seed: 1), workers: workers, limit: 9))
            return try loader.results.map { result in
                let batch = try result.get()
                let ids = batch.inputIDs.map { Float($0) }
                return try (0..<batch.count).map { try batch.pixelValues[$0] } + [ids]
            }
        }
        let alone = try digest(1)
        #expect(alone.count == 9)
        for workers in [2, 3, 8] { #expect(try digest(workers) == alone) }
    }

    @Test("The list is covered once, and the last batch holds the rest unless it is dropped")
    func lastBatch() throws {
        #expect(try batches(NumberDataset(10), options(4)).map(\.count) == [4, 4, 2])
        #expect(try batches(NumberDataset(10), options(4, dropsLast: true)).map(\.count) == [4, 4])
        #expect(try batches(NumberDataset(8), options(4)).map(\.count) == [4, 4])
        #expect(try batches(NumberDataset(3), options(9)).map(\.count) == [3])
        #expect(try batches(NumberDataset(3), options(9, dropsLast: true)).isEmpty)
        #expect(try batches(NumberDataset(3), options(1, limit: 0)).isEmpty)
    }

    @Test("Each iteration of a loader begins anew, and several run side by side")
    func again() throws {
        let loader = try DataLoader(NumberDataset(12), options(4))
        var first = loader.results.makeIterator()
        var second = loader.results.makeIterator()
        for _ in 0..<3 {
            let rows = try next(&first).get().map(Row.init)
            #expect(try next(&second).get().map(Row.init) == rows)
        }
        #expect(first.next() == nil)
        #expect(second.next() == nil)
        #expect(first.next() == nil)
    }

    @Test(
        "No more is loaded ahead than the prefetch allows, nor kept in memory", arguments: [1, 3])
    func bounded(prefetch: Int) throws {
        let dataset = NumberDataset(1000)
        var iterator = try DataLoader(dataset, options(4, workers: 8, prefetch: prefetch)).results
            .makeIterator()
        _ = iterator.next()
        #expect(dataset.loadsAtRest() == 4 + 4 * prefetch)
        _ = iterator.next()
        #expect(dataset.loadsAtRest() == 8 + 4 * prefetch)
        while iterator.next() != nil {}
        #expect(dataset.watch.mostStorages.load(ordering: .relaxed) <= prefetch + 1)
    }

    @Test("Dropping an iterator that isn't through ends its threads and frees the memory")
    func dropped() throws {
        let dataset = NumberDataset(1000)
        for count in [0, 1, 5] {
            do {
                var iterator = try DataLoader(dataset, options(4, workers: 4)).results
                    .makeIterator()
                for _ in 0..<count { _ = iterator.next() }
            }
            #expect(dataset.threadsHaveEnded())
            #expect(dataset.watch.storages.load(ordering: .relaxed) == 0)
        }
    }

    @Test("Leaving an async loop ends the threads")
    func leftLoop() async throws {
        let dataset = NumberDataset(1000)
        var seen = 0
        for try await batch in try DataLoader(dataset, options(4, workers: 4)) {
            seen += batch.count
            if seen >= 8 { break }
        }
        #expect(seen == 8)
        #expect(dataset.threadsHaveEnded())
    }

    @Test("Cancelling the task ends the loop with an error, and the threads")
    func cancelled() async throws {
        let dataset = NumberDataset(1_000_000)
        let loader = try DataLoader(dataset, options(4, sampler: .infinite(), workers: 4))
        let task = Task {
            for try await _ in loader {}
        }
        while dataset.watch.loads.load(ordering: .relaxed) < 40 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(dataset.threadsHaveEnded())
    }

    @Test("A task that is cancelled before it begins gets no batch")
    func cancelledBefore() async throws {
        let dataset = NumberDataset(100)
        let loader = try DataLoader(dataset, options(4))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            for try await _ in loader { Issue.record("a batch came") }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(dataset.threadsHaveEnded())
    }

    @Test("A sample that fails is replaced, counted in its place, and told once")
    func replaced() throws {
        let told = ConditionLock<[String]>([])
        var options = options(5, workers: 3)
        options.onFailure = { failure in
            told.update { $0.append("\(failure.position): \(failure.error)") }
        }
        let rows = try batches(NumberDataset(20, broken: [7, 8]), options).joined()
        #expect(rows.map(\.index) == Array(0..<20))
        for row in rows {
            if [7, 8].contains(row.index) {
                #expect(row.used != row.index)
                #expect(row.failed.first == row.index)
                #expect(row.sample[0] == row.used)
            } else {
                #expect(row.used == row.index)
                #expect(row.failed.isEmpty)
            }
        }
        let failures = rows.reduce(0) { $0 + $1.failed.count }
        #expect(told.update { $0.count } == failures)
        #expect(told.update { $0.contains("7: Broken(index: 7)") })
    }

    @Test("A batch counts the samples that stand in for others")
    func replacedCount() throws {
        let dataset = try Samples.dataset(10, broken: [2, 3, 7])
        let counts = try DataLoader(dataset, options(5)).results.map { try $0.get().replacedCount }
        #expect(counts == [2, 1])
    }

    @Test("Replacing is bounded: where all fail, the loader stops with every failure")
    func allBroken() throws {
        let dataset = NumberDataset(6, broken: Set(0..<6))
        var iterator = try DataLoader(dataset, options(2, policy: .replace(atMost: 4))).results
            .makeIterator()
        let result = try next(&iterator)
        let error = #expect(throws: TooManyFailures.self) { try result.get() }
        #expect(error?.failures.count == 5)
        #expect(error?.failures.allSatisfy { $0.position == 0 } == true)
        #expect(error?.failures.first?.error as? NumberDataset.Broken == .init(index: 0))
        #expect(
            error.map { "\($0)" }?.hasPrefix(
                "5 samples couldn't be loaded; the last: position 0, Broken(index: ")
                == true)
        #expect(iterator.next() == nil)
        #expect(dataset.threadsHaveEnded())
    }

    @Test("With the policy to stop, batches before the failure still come")
    func stop() async throws {
        let dataset = NumberDataset(20, broken: [9])
        var seen = 0
        let error = await #expect(throws: TooManyFailures.self) {
            for try await batch in try DataLoader(dataset, options(4, workers: 4, policy: .stop)) {
                seen += batch.count
            }
        }
        #expect(seen == 8)
        #expect(error.map { "\($0)" } == "position 9, Broken(index: 9)")
        #expect(dataset.threadsHaveEnded())
    }

    @Test("A workspace that can't be made is an error, not an endless wait")
    func noWorkspace() throws {
        var iterator = try DataLoader(
            NumberDataset(20, hasWorkspaces: false), options(4, workers: 3)
        ).results.makeIterator()
        let result = try next(&iterator)
        #expect(throws: NumberDataset.Broken(index: -1)) { try result.get() }
        #expect(iterator.next() == nil)
    }

    @Test("Options that make no sense are refused with the number")
    func badOptions() {
        for (changed, words) in [
            (options(0), "batchSize = 0"), (options(4, workers: 0), "workers = 0"),
            (options(4, workers: 5000), "workers = 5000"),
            (options(4, prefetch: 0), "prefetchBatches = 0"),
            (options(4, limit: -1), "batchLimit = -1"),
        ] {
            let error = #expect(throws: LoaderError.self) {
                try DataLoader(NumberDataset(5), changed)
            }
            #expect(error?.description.hasPrefix(words) == true)
        }
        let empty = #expect(throws: LoaderError.self) {
            try DataLoader(NumberDataset(0), options(4))
        }
        #expect(empty?.description == "the data set has no samples")
    }

    @Test("By default there is a worker for each core, and failures are replaced")
    func defaults() {
        let options = LoaderOptions(batchSize: 8)
        #expect(options.workers >= 1)
        #expect(options.prefetchBatches == 2)
        #expect(options.failurePolicy == .replace(atMost: .fraction(0.1)))
        #expect(options.sampler.identity == "infinite:v1:shuffled:0")
    }
}
