import RedCapsBase
import RedCapsJobs
import Foundation
import RedCapsTar
import TestSupport
import Testing

@Suite("Runs of a packing")
struct PackingRunTests {
    @Test("Options are checked when they are made, and the number is told")
    func options() {
        for (sharding, jobs, reason) in [
            (.samples(0), 1, "0 samples per shard isn't positive"),
            (.samples(-3), nil, "-3 samples per shard isn't positive"),
            (.bytes(0), 1, "0 bytes per shard isn't positive"),
            (.automatic, 0, "0 jobs isn't in 1 ... 1024"),
            (.automatic, 2000, "2000 jobs isn't in 1 ... 1024"),
        ] as [(Packing.Sharding, Int?, String)] {
            let error = #expect(throws: StoreError.self) {
                try Packing.Options(sharding: sharding, jobs: jobs)
            }
            #expect(error?.code == .invalid)
            #expect(error?.reason == reason)
        }
        #expect(throws: StoreError.self) {
            try Packing([], into: "raw", options: Packing.Options())
        }
    }

    @Test("A run keeps the shards of an earlier one, and writes again what isn't as planned")
    func resumed() throws {
        let folder = try TemporaryFolder()
        try writeTree(folder)
        func pack() throws -> Packing.Report {
            try Packing.pack(folder["tree"], into: folder["raw"], .samples(8))
        }
        #expect(try pack().kept == 0)
        let whole = try contents(folder["raw"])
        #expect(try pack().kept == 5)
        // A shard is missing, one is cut in its end, one is another's; and a killed run has left
        // its files.
        try FileManager.default.removeItem(atPath: folder["raw/00000.tar"])
        let cut = try #require(whole["00001.tar"]).dropLast(1024)
        try cut.write(to: URL(filePath: folder["raw/00001.tar"]))
        try #require(whole["00004.tar"]).write(to: URL(filePath: folder["raw/00002.tar"]))
        try folder.write("raw/.00000.tar.part", "half")
        try folder.write("raw/.input-0.tar.part.part", "half")
        try folder.write("raw/.data.json.part", "[")
        let report = try pack()
        #expect(report.kept == 2)
        #expect(report.shards == 5)
        #expect(try contents(folder["raw"]) == whole)
    }

    @Test("Shards that aren't of the plan are refused by name", arguments: ["7.tar", "old.tar.gz"])
    func strangers(name: String) throws {
        let folder = try TemporaryFolder()
        try writeTree(folder)
        try folder.write("raw/\(name)", "x")
        let error = #expect(throws: StoreError.self) {
            try Packing.pack(folder["tree"], into: folder["raw"])
        }
        #expect(error?.code == .occupied)
        #expect(error?.file == folder["raw"])
        #expect(error?.reason.hasPrefix("holds \(name), which") == true)
        #expect(try contents(folder["raw"]).count == 1)
    }

    @Test("Nothing is written into the sources")
    func sources() throws {
        let folder = try TemporaryFolder()
        try writeTree(folder)
        try folder.write("00000.tar", tarBytes(["x.jpg": "x"]))
        try FileManager.default.createSymbolicLink(
            atPath: folder["other"], withDestinationPath: folder["tree"])
        func refused(_ inputs: [String], _ raw: String, list: String? = nil) throws {
            let error = #expect(throws: StoreError.self) {
                try Packing(
                    inputs.map { folder[$0] }, into: folder[raw],
                    options: Packing.Options(manifest: list.map { folder[$0] })
                ).run()
            }
            #expect(error?.code == .occupied)
        }
        let before = try FileManager.default.subpathsOfDirectory(atPath: folder["tree"])
        try refused(["tree"], "tree")
        try refused(["tree"], "tree/new/raw")
        try refused(["tree"], "other/raw")
        try refused(["other"], "tree/raw")
        try refused(["tree"], "raw", list: "tree/data.json")
        try refused(["tree"], "raw", list: "raw/00000.tar")
        try refused(["00000.tar"], "raw", list: "00000.tar")
        try refused(["00000.tar"], "")  // would be replaced by itself
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder["tree"]) == before)
        #expect(try memberNames(folder["00000.tar"]) == ["x.jpg"])
        let mixed = #expect(throws: StoreError.self) {
            try Packing.pack(folder["tree"], folder["00000.tar"], into: folder["raw"])
        }
        #expect(mixed?.code == .invalid)
    }

    @Test("A cancellation from the progress ends the run; the next one finishes the work")
    func stopped() throws {
        let folder = try TemporaryFolder()
        try writeTree(folder, samples: 200)
        let packing = try Packing(
            [folder["tree"]], into: folder["raw"], options: Packing.Options(sharding: .samples(1)))
        let stop = Cancellation()
        let error = #expect(throws: StoreError.self) {
            try packing.run(cancellation: stop) { progress in
                if progress.shards > 20 { stop.cancel() }
            }
        }
        #expect(error?.code == .cancelled)
        let left = try contents(folder["raw"])
        #expect(left.count > 20 && left.count < 200)
        #expect(left.keys.allSatisfy { $0.hasSuffix(".tar") && !$0.hasPrefix(".") })
        let report = try packing.run()
        #expect(report.kept == left.count)
        #expect(report.shards == 200)
    }

    @Test("Progress grows, and its last value has the report")
    func progress() async throws {
        let folder = try TemporaryFolder()
        try writeTree(folder)
        let packing = try Packing(
            [folder["tree"]], into: folder["raw"], options: Packing.Options(sharding: .samples(3)))
        var values: [Packing.Progress] = []
        var report: Packing.Report?
        for try await event in packing.progress() {
            switch event {
            case .progress(let progress): values.append(progress)
            case .report(let found): report = found
            }
        }
        let last = try #require(values.last)
        #expect(last.files == 80)
        #expect(last.totalFiles == 80)
        #expect(last.shards == 14)
        #expect(last.totalShards == 14)
        #expect(last.bytes == last.totalBytes)
        #expect(report?.bytes == last.bytes)
        #expect(report?.listed == 40)
        for (one, next) in zip(values, values.dropFirst()) {
            #expect(one.files <= next.files && one.shards <= next.shards)
        }
    }

    /// So many shards, each synced, that nobody sees the end.
    private func endless(_ folder: TemporaryFolder) throws -> Packing {
        let tar = try TarWriter.create(folder["old.tar"])
        for number in 0..<20_000 { try tar.add("\(number)", []) }
        try tar.close()
        return try Packing(
            [folder["old.tar"]], into: folder["raw"],
            options: Packing.Options(sharding: .samples(1), jobs: 1))
    }

    /// Waits until a run has let go of its folder, by being the next that holds it for a moment.
    private func expectFree(_ packing: Packing, _ folder: TemporaryFolder) throws {
        let enough = Cancellation()
        let error = #expect(throws: StoreError.self) {
            try packing.run(cancellation: enough) { _ in enough.cancel() }
        }
        #expect(error?.code == .cancelled)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder["raw"])
        #expect(left.count > 0 && left.count < 20_000)
        #expect(left.allSatisfy { !$0.hasPrefix(".") })
    }

    @Test("Leaving the loop ends the run within a second; the folder is free for the next")
    func left() async throws {
        let folder = try TemporaryFolder()
        let packing = try endless(folder)
        try await withTaskExecutorPreference(OwnQueue()) {
            for try await case .progress(let progress) in packing.progress()
            where progress.shards > 0 { break }
        }
        try expectFree(packing, folder)
    }

    @Test("A cancelled task ends the run")
    func cancelled() async throws {
        let folder = try TemporaryFolder()
        let packing = try endless(folder)
        let queue = OwnQueue()
        try await withTaskExecutorPreference(queue) {
            let task = Task(executorPreference: queue) {
                for try await case .report(let report) in packing.progress() {
                    return report.shards
                }
                return 0
            }
            while !FileManager.default.fileExists(atPath: folder["raw/00009.tar"]) {
                try await Task.sleep(for: .milliseconds(5))
            }
            task.cancel()
            #expect(try await task.value == 0)
        }
        try expectFree(packing, folder)
    }

    @Test("An error of the run comes out of the loop")
    func failing() async throws {
        let packing = try Packing(["/nowhere"], into: "/nowhere/raw", options: Packing.Options())
        await #expect(throws: StoreError.self) {
            for try await _ in packing.progress() {}
        }
    }

    @Test("A file that changes after it was listed is an error with its name")
    func changing() throws {
        let folder = try TemporaryFolder()
        try writeTree(folder, samples: 50)
        let packing = try Packing(
            [folder["tree"]], into: folder["raw"],
            options: Packing.Options(sharding: .samples(1), jobs: 1))
        var hasChanged = false
        let error = #expect(throws: StoreError.self) {
            try packing.run { progress in
                guard progress.stage == .writing, !hasChanged else { return }
                hasChanged = true
                _ = try? folder.write("tree/00001/sample-49.jpg", "shorter")
            }
        }
        #expect(error?.code == .changed)
        #expect(error?.file == folder["tree/00001/sample-49.jpg"])
        #expect(try contents(folder["raw"]).keys.allSatisfy { !$0.hasPrefix(".") })
    }
}
