import Foundation
import TestSupport
import Testing

@Suite("redcaps digest --batches")
struct BatchDigestTests {
    private let set: DemoSet

    init() throws { set = try DemoSet(samples: 11, imageSize: 16) }

    private func lines(_ arguments: String...) throws -> [String] {
        let result = try run(
            try Redcaps.path(),
            ["digest", "--config", set.configuration, "--batch-size", "3"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return result.lines
    }

    private func batches(_ lines: [String]) throws -> [[String: Any]] {
        try lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test("A line for each batch has all that it holds, and sums of it that can be made again")
    func keys() throws {
        let batches = try batches(lines("--batches", "4"))
        #expect(batches.map { $0["batch"] as? Int } == [0, 1, 2, 3])
        for batch in batches {
            #expect(
                Set(batch.keys) == [
                    "batch", "worker", "rank", "indices", "used", "crops", "dropped", "px_sha256",
                    "input_ids", "lengths", "ids_sha256",
                ])
            let ids = try #require(batch["input_ids"] as? [[Int]])
            let lengths = try #require(batch["lengths"] as? [Int])
            #expect(ids.count == 3 && Set(ids.map(\.count)) == [lengths.max() ?? 0])
            for (row, length) in zip(ids, lengths) {
                #expect(row.dropFirst(length).allSatisfy { $0 == 0 })
            }
            let bytes = ids.joined().flatMap { id in
                (0..<8).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }
            }
            #expect(batch["ids_sha256"] as? String == sha256(bytes))
            #expect((batch["px_sha256"] as? String)?.count == 64)
            let crops = try #require(batch["crops"] as? [[Int]])
            #expect(crops.allSatisfy { $0.count == 4 && $0[2] - $0[0] == $0[3] - $0[1] })
            #expect((batch["dropped"] as? [Bool])?.count == 3)
        }
    }

    @Test("Threads don't change a line; Python's workers do, each batch being one worker's")
    func workers() throws {
        let one = try lines("--batches", "6", "--workers", "1")
        #expect(
            try lines("--batches", "6", "--workers", "3").map { Self.withoutWorker($0) }
                == one.map { Self.withoutWorker($0) })
        let two = try lines("--batches", "6", "--reference", "--workers", "2")
        #expect(try batches(two).map { $0["worker"] as? Int } == [0, 1, 0, 1, 0, 1])
        let three = try lines("--batches", "6", "--reference", "--workers", "3")
        // The order is the same, and worker 0 has the seed in both.
        #expect(
            try batches(two).map { $0["indices"] as? [Int] }
                == batches(three).map { $0["indices"] as? [Int] })
        #expect(Self.withoutWorker(two[0]) == Self.withoutWorker(three[0]))
        #expect(two[2] != three[2])
        #expect(
            try lines("--batches", "1", "--reference", "--workers", "2", "--seeding", "torch")[0]
                != two[0])
    }

    @Test("In the reference mode, too, ranks share one order")
    func ranks() throws {
        let whole = try batches(lines("--batches", "4", "--reference", "--workers", "1"))
            .flatMap { $0["indices"] as? [Int] ?? [] }
        let parts = try (0..<2).map { rank in
            try batches(
                lines(
                    "--batches", "2", "--reference", "--workers", "1", "--rank", "\(rank)",
                    "--world-size", "2")
            ).flatMap { batch in
                #expect(batch["rank"] as? Int == rank)
                return batch["indices"] as? [Int] ?? []
            }
        }
        #expect(zip(parts[0], parts[1]).flatMap { [$0, $1] } == whole)
    }

    @Test("A sample that fails is replaced, or ends the run")
    func failures() throws {
        try Data("nonsense".utf8).write(to: URL(filePath: set.raw + "/00001.tar"))
        let replaced = try batches(lines("--batches", "4", "--reference", "--workers", "2"))
        let indices = replaced.flatMap { $0["indices"] as? [Int] ?? [] }
        let used = replaced.flatMap { $0["used"] as? [Int] ?? [] }
        #expect(indices.count == 12 && used.count == 12)
        #expect(Set(used).isSubset(of: 0..<6))
        #expect(zip(indices, used).allSatisfy { $0 == $1 || $0 >= 5 })
        let stopped = try run(
            try Redcaps.path(),
            [
                "digest", "--config", set.configuration, "--batches", "4", "--batch-size", "3",
                "--on-error", "stop",
            ])
        #expect(stopped.status == 1)
    }

    /// A line without the worker, which is that of a Python run.
    private static func withoutWorker(_ line: String) -> String {
        line.replacing(#/"worker": [0-9]+, /#, with: "")
    }
}
