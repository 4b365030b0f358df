import TestSupport
import Foundation
import Logging
import RedCapsLoading
import Testing

@Suite("Resuming")
struct ResumeTests {
    private typealias Loader = DataLoader<NumberDataset>
    private let dataset = NumberDataset(97, broken: [5, 50])

    private func options(
        workers: Int = 2, prefetch: Int = 2, batchSize: Int = 3,
        context: DistributedContext = .alone,
        limit: Int? = nil, sampler: any Sampler = .infinite(seed: 4)
    ) -> LoaderOptions {
        LoaderOptions(
            batchSize: batchSize, sampler: sampler, workers: workers, prefetchBatches: prefetch,
            seed: 11, context: context, batchLimit: limit,
            failurePolicy: .replace(atMost: .fraction(1)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func rows(_ loader: Loader) throws -> [[Row]] {
        try loader.results.map { try $0.get().map(Row.init) }
    }

    /// As another process would have it.
    private func transported(_ point: ResumePoint) throws -> ResumePoint {
        try JSONDecoder().decode(ResumePoint.self, from: JSONEncoder().encode(point))
    }

    @Test("After any batch the very next one follows, for any threads, prefetch and seed")
    func anywhere() throws {
        let loader = try DataLoader(dataset, options(limit: 200))
        var points: [ResumePoint] = []
        var all: [[Row]] = []
        for result in loader.results {
            let batch = try result.get()
            #expect(loader.state == batch.context.resumePoint)
            points.append(batch.context.resumePoint)
            all.append(batch.map(Row.init))
        }
        for (workers, prefetch) in [(1, 1), (2, 4), (3, 1), (8, 4)] {
            #expect(
                try rows(
                    DataLoader(
                        dataset, options(workers: workers, prefetch: prefetch, limit: 200))) == all)
            for done in [0, 1, 57, 199] {
                let point = done == 0 ? nil : try transported(points[done - 1])
                let resumed = try DataLoader(
                    dataset,
                    options(workers: workers, prefetch: prefetch, limit: 200 - done),
                    resuming: point)
                #expect(try rows(resumed) == Array(all[done...]))
            }
        }
    }

    @Test("On 1, then 4, then 2 ranks the same stream goes on, nothing lost and nothing twice")
    func ranks() throws {
        let whole = try rows(DataLoader(dataset, options(limit: 140))).joined()
        var streamed: [Row] = []
        var point: ResumePoint?
        for (ranks, batches) in [(1, 20), (4, 15), (2, 25)] {
            let parts = try (0..<ranks).map { rank in
                let loader = try DataLoader(
                    dataset,
                    options(
                        context: DistributedContext(rank: rank, worldSize: ranks), limit: batches),
                    resuming: point)
                let batches = try rows(loader)
                return (batches: batches, point: loader.state)
            }
            #expect(Set(parts.map(\.point)).count == 1)
            for batch in 0..<batches {
                for slot in 0..<3 { streamed += parts.map { $0.batches[batch][slot] } }
            }
            point = try transported(try #require(parts.first?.point))
        }
        #expect(streamed == Array(whole.prefix(streamed.count)))
        #expect(streamed.count == 3 * (20 + 4 * 15 + 2 * 25))
    }

    @Test("An order that ends is covered once by any ranks, who all get as many batches")
    func ends() throws {
        for ranks in [1, 2, 3, 4, 8] {
            var indices: [Int] = []
            var counts: Set<Int> = []
            for rank in 0..<ranks {
                let loader = try DataLoader(
                    dataset,
                    options(
                        context: DistributedContext(rank: rank, worldSize: ranks),
                        sampler: .sequential))
                let batches = try rows(loader)
                counts.insert(batches.count)
                indices += batches.joined().map(\.index)
                #expect(loader.state.position == 97)
            }
            #expect(indices.sorted() == Array(0..<97))
            #expect(counts.count == 1)
        }
    }

    @Test("A state of another data set, order, seed or version is refused with the difference")
    func refused() throws {
        let state = try DataLoader(dataset, options()).state
        func refusal(_ change: (inout ResumePoint) -> Void) -> String? {
            var changed = state
            change(&changed)
            do {
                _ = try DataLoader(dataset, options(), resuming: changed)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.seed = 12 }?.hasSuffix("another seed: 12 there, 11 here") == true)
        #expect(refusal { $0.sampler = "x" }?.contains("another sampler: x there") == true)
        #expect(refusal { $0.dataset = "ff" }?.contains("another data set: ff there") == true)
        #expect(refusal { $0.draws = "y" }?.contains("another draws: y there") == true)
        #expect(refusal { $0.version = 2 }?.contains("version 2, not 1") == true)
        #expect(refusal { $0.position = -1 }?.contains("position -1") == true)
    }

    @Test("Batches are replayed and stepped over by number")
    func numbers() throws {
        let all = try rows(DataLoader(dataset, options(limit: 20)))
        var replay = options(limit: 3)
        replay.firstBatch = 7
        #expect(try rows(DataLoader(dataset, replay)) == Array(all[7..<10]))
        var stepped = options(limit: 10)
        stepped.skippedBatches = [3..<5, 8..<9]
        let numbers = [0, 1, 2, 5, 6, 7, 9, 10, 11, 12]
        #expect(try rows(DataLoader(dataset, stepped)) == numbers.map { all[$0] })
        let state = try #require(
            try DataLoader(dataset, options(limit: 4)).results.map { try $0.get() }.last
        ).context.resumePoint
        #expect(
            try rows(DataLoader(dataset, stepped, resuming: state))
                == [5, 6, 7, 9, 10, 11, 12, 13, 14, 15].map { all[$0] })
    }

    @Test("A state is the JSON that it always was, in the reference mode as well")
    func json() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        for (reference, draws) in [
            ("", "positional:v1"),
            (
                #""reference":{"batchSize":3,"rank":0,"words":[14,0],"worldSize":1},"#,
                "reference:mmengine"
            ),
        ] {
            let text =
                #"{"batch":3,"dataset":"df74faf524b9c4df","draws":"\#(draws)","position":12,"#
                + reference + #""sampler":"infinite:v1:shuffled:0","seed":0,"version":1}"#
            let point = try JSONDecoder().decode(ResumePoint.self, from: Data(text.utf8))
            #expect(point.reference?.words == (reference.isEmpty ? nil : [14, 0]))
            #expect(try String(decoding: encoder.encode(point), as: UTF8.self) == text)
        }
    }

    @Test("A state of the reference mode that lacks something, or makes no sense, is refused")
    func damagedReference() throws {
        var options = options(limit: 2, sampler: .torchInfinite(seed: 3))
        options.reference = try ReferenceMode(workers: 2)
        let loader = try DataLoader(dataset, options)
        _ = try rows(loader)
        for change in [
            { $0.reference = nil }, { $0.reference?.words[1] = -1 },
            { $0.reference?.words.removeLast() },
        ] as [(inout ResumePoint) -> Void] {
            var point = loader.state
            change(&point)
            #expect(throws: LoaderError.self) {
                try DataLoader(dataset, options, resuming: point)
            }
        }
    }

    @Test("A reference run goes on with the same workers and ranks, and no others")
    func reference() throws {
        func options(_ workers: Int, limit: Int) throws -> LoaderOptions {
            var options = self.options(limit: limit, sampler: .torchInfinite(seed: 3))
            options.reference = try ReferenceMode(workers: workers)
            return options
        }
        let all = try rows(DataLoader(dataset, options(3, limit: 40)))
        for done in [1, 2, 3, 17] {
            let first = try DataLoader(dataset, options(3, limit: done))
            _ = try rows(first)
            let state = try transported(first.state)
            let resumed = try DataLoader(dataset, options(3, limit: 40 - done), resuming: state)
            #expect(try rows(resumed) == Array(all[done...]))
            let error = #expect(throws: LoaderError.self) {
                try DataLoader(dataset, options(2, limit: 1), resuming: state)
            }
            #expect(error?.description.contains("same workers only: 3 there, 2 here") == true)
        }
        #expect(throws: LoaderError.self) {
            var options = try options(2, limit: 1)
            options.firstBatch = 5
            _ = try DataLoader(dataset, options)
        }
    }
}
