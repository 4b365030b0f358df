import Foundation
import RedCapsCore
import RedCapsFixtures
import RedCapsJobs
import RedCapsLoading
import TestSupport
import Testing

@Suite("States and ledgers of runs")
struct RunRecordTests {
    private let folder: TemporaryFolder
    private let dataset: CaptionDataset

    init() throws {
        folder = try TemporaryFolder()
        let written = try FixtureDataset(samples: 14, shards: 2, shortestEdge: 96, imageSize: 16)
            .write(to: folder.path)
        dataset = try CaptionDataset(
            TrainingConfiguration(file: written.configuration), root: folder.path)
    }

    private func options(batches: Int) -> LoaderOptions {
        LoaderOptions(
            batchSize: 3, sampler: .infinite(seed: 4), workers: 2, seed: 4, batchLimit: batches)
    }

    /// Loads batches as a training run would, and writes down what it does.
    private func train(
        batches: Int, ledger: String, state: String, resumes: Bool, savesAtEnd: Bool = true
    ) throws {
        let file = StateFile(folder[state])
        let loader = try DataLoader(
            dataset, options(batches: batches), resuming: resumes ? file.load() : nil)
        let ledger = try Ledger(folder[ledger], goingOnAt: resumes ? loader.state : nil)
        var record = RunRecord(state: file, ledger: ledger, of: loader.state)
        if !resumes { try record.save() }
        for batch in loader.results { try record.add(batch.get()) }
        if savesAtEnd { try record.save() }
    }

    @Test("A run that goes on with its state and its ledger is one run")
    func resumed() throws {
        try train(batches: 9, ledger: "whole.jsonl", state: "whole.json", resumes: false)
        try train(batches: 4, ledger: "parts.jsonl", state: "state.json", resumes: false)
        try train(batches: 2, ledger: "parts.jsonl", state: "state.json", resumes: true)
        // This one is killed before it saves its state, amid a line of its ledger.
        try train(
            batches: 2, ledger: "parts.jsonl", state: "state.json", resumes: true,
            savesAtEnd: false)
        let ledger = try FileHandle(forUpdating: URL(filePath: folder["parts.jsonl"]))
        try ledger.seekToEnd()
        try ledger.write(contentsOf: Data(#"{"batch": 8, "posi"#.utf8))
        try ledger.close()
        try train(batches: 3, ledger: "parts.jsonl", state: "state.json", resumes: true)
        #expect(try folder.bytes("parts.jsonl") == folder.bytes("whole.jsonl"))
        #expect(try folder.bytes("state.json") == folder.bytes("whole.json"))
        #expect(try folder.names().allSatisfy { !$0.hasSuffix(".part") })
    }

    @Test("A ledger is begun anew without a point to go on at, and emptied by one at the start")
    func begun() throws {
        let start = try DataLoader(dataset, options(batches: 1)).state
        for point in [nil, start] {
            try train(batches: 2, ledger: "l.jsonl", state: "s.json", resumes: false)
            _ = try Ledger(folder["l.jsonl"], goingOnAt: point)
            #expect(try folder.bytes("l.jsonl") == [])
        }
    }

    @Test("Of a ledger of a gigabyte only the end is looked at")
    func large() throws {
        let size = 1 << 30
        let path = try folder.write("large.jsonl", "")
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.truncate(atOffset: UInt64(size))
        try file.seekToEnd()
        let lines = (0..<5).map { "{\"batch\": \($0)}\n" }.joined()
        try file.write(contentsOf: Data(("\n" + lines + "{\"ba").utf8))
        try file.close()
        var point = try DataLoader(dataset, options(batches: 1)).state
        point.batch = 3
        _ = try Ledger(path, goingOnAt: point)
        let left = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        #expect(left == size + 1 + 3 * "{\"batch\": 0}\n".utf8.count)
    }

    @Test("A state is what JSONEncoder writes, and is read whatever wrote it", arguments: 0..<4)
    func json(number: Int) throws {
        var point = ResumePoint(
            position: 12, batch: 3, seed: [0, 5, 1 << 63, .max][number], draws: "positional:v1",
            sampler: ["infinite:v1:shuffled:0", "a/b \"c\" \\", "ü→𝒙", "tab\t"][number],
            dataset: "df74faf524b9c4df")
        if number % 2 == 1 {
            point.reference = ResumePoint.ReferenceState(
                words: [1, 2, 1 << 40], rank: 1, worldSize: 2, batchSize: 4)
        }
        let file = StateFile(folder["state.json"])
        try file.save(point)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let encoded = try encoder.encode(point)
        #expect(try folder.bytes("state.json") == [UInt8](encoded))
        #expect(try file.load() == point)
        encoder.outputFormatting = [.prettyPrinted]
        try folder.write("pretty.json", [UInt8](encoder.encode(point)))
        #expect(try StateFile(folder["pretty.json"]).load() == point)
    }

    @Test("What is no state, isn't there or can't be written says so")
    func refused() throws {
        for text in ["", "[]", "{}", #"{"batch": 3}"#, "{\"batch\":3,\"dataset\":\"x\""] {
            let file = StateFile(try folder.write("broken.json", text))
            let error = #expect(throws: RunFileError.self) { try file.load() }
            #expect(error?.code == .malformed)
            #expect(error?.description == "\(folder["broken.json"]) is no state of a loader")
        }
        #expect(throws: RunFileError.self) { try StateFile(folder["none.json"]).load() }
        let point = try DataLoader(dataset, options(batches: 1)).state
        let state = #expect(throws: RunFileError.self) {
            try StateFile("/nowhere/state.json").save(point)
        }
        #expect(
            state?.description == "/nowhere/state.json can't be written: No such file or directory")
        let ledger = #expect(throws: RunFileError.self) { try Ledger("/nowhere/ledger.jsonl") }
        #expect(ledger?.code == .unwritable)
    }

    @Test("What is no ledger and no state is never written over, whole or in part")
    func foreign() throws {
        let point = try DataLoader(dataset, options(batches: 1)).state
        for text in ["notes", "notes\n", "{\"batch\": 0}\nnotes\n", "{}\n"] {
            let path = try folder.write("notes", text)
            for point in [nil, point] where point != nil || !text.hasPrefix("{\"batch\": ") {
                let error = #expect(throws: RunFileError.self) {
                    try Ledger(path, goingOnAt: point)
                }
                #expect(error?.code == .foreign, "\(text)")
            }
            let error = #expect(throws: RunFileError.self) { try StateFile(path).save(point) }
            #expect(error?.code == .foreign)
            #expect(try folder.bytes("notes") == Array(text.utf8))
        }
        try folder.write("notes", "")
        _ = try Ledger(folder["notes"], goingOnAt: point)
        try StateFile(folder["notes"]).save(point)
    }

    @Test("A ledger tells which batches before the point it lacks, and whether it was begun anew")
    func gaps() throws {
        var point = try DataLoader(dataset, options(batches: 1)).state
        point.batch = 5
        let lines = (0..<4).map { "{\"batch\": \($0)}\n" }
        for (text, missing) in [
            (lines.joined() + "{\"batch\": 4}\n{\"batch\": 5}\n", 5..<5),
            (lines.joined() + "{\"batch\": 4", 4..<5), ("", 0..<5),
        ] {
            let ledger = try Ledger(try folder.write("l.jsonl", text), goingOnAt: point)
            #expect(ledger.missingBatches == missing)
            #expect(!ledger.isBegunAnew)
        }
        let path = try folder.write("l.jsonl", lines.joined())
        #expect(try Ledger(path).isBegunAnew)
        #expect(try !Ledger(path).isBegunAnew)
    }

    @Test("Ranks have files of their own")
    func ranks() throws {
        #expect(RunFile.name("a-{rank}-{rank}.json", rank: 3) == "a-3-3.json")
        #expect(RunFile.name("a.json", rank: 3) == "a.json")
        let context = try DistributedContext(rank: 1, worldSize: 2)
        #expect(try RunFile.name("{rank}.jsonl", of: context) == "1.jsonl")
        #expect(try RunFile.name("one.jsonl", of: .alone) == "one.jsonl")
        let error = #expect(throws: RunFileError.self) {
            try RunFile.name("one.jsonl", of: context)
        }
        #expect(error?.code == .shared)
    }

    @Test("A skip list is read as it was written")
    func skipList() throws {
        let list = SkipList([(2, "a/ü.jpg"), (5, "b \"c\".jpg")])
        try list.write(to: folder["skip.jsonl"])
        let again = try SkipList(file: folder["skip.jsonl"])
        #expect(again.count == 2)
        try again.write(to: folder["again.jsonl"])
        #expect(try folder.bytes("again.jsonl") == folder.bytes("skip.jsonl"))
    }
}
