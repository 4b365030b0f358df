import Foundation
import RedCapsBase
import RedCapsCore
import RedCapsImage
import RedCapsJobs
import RedCapsLoading
import RedCapsTar
import TestSupport
import Testing

@Suite("What earlier builds have left on disk")
struct OldFormatTests {
    private let folder: TemporaryFolder

    /// A copy of the fixtures, whose shards have the time that states refer to.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["data", "loader", "extraction", "downsampled", "images"] {
            try FileManager.default.copyItem(
                atPath: Fixture.path("formats/\(name)"), toPath: folder[name])
        }
        for name in [
            "data/raw/00000.tar", "data/raw/00001.tar", "images/0.tar", "images/1.tar",
        ] {
            try folder.setTime(name, 1_700_000_000)
        }
    }

    private func dataset() throws -> ConcatDataset<CaptionDataset> {
        let training = try TrainingConfiguration(file: folder["data/redcaps5m.json"])
        return try ConcatDataset(training, root: folder["data"])
    }

    @Test("An index opens without being built anew")
    func index() throws {
        let index = try TarIndex(folder: folder["data/raw"])
        #expect(!index.isBuilt)
        #expect((index.shards.count, index.memberCount) == (2, 10))
        try index.check()
    }

    @Test("A loader goes on with an old state and an old ledger")
    func loader() throws {
        let training = try TrainingConfiguration(file: folder["data/redcaps5m.json"])
        let file = StateFile(folder["loader/state.json"])
        let old = try folder.bytes("loader/state.json")
        let point = try file.load()
        try file.save(point)
        #expect(try folder.bytes("loader/state.json") == old)
        var options = LoaderOptions(training, batchSize: 2, seed: 5)
        options.batchLimit = 2
        let loader = try DataLoader(dataset(), options, resuming: point)
        var record = RunRecord(
            state: file, ledger: try Ledger(folder["loader/ledger.jsonl"], goingOnAt: point),
            of: loader.state)
        for batch in loader.results { try record.add(batch.get()) }
        #expect(
            try folder.bytes("loader/ledger.jsonl") == folder.bytes("loader/ledger-whole.jsonl"))
    }

    @Test("A seed that no Int holds is read to its last digit")
    func largeSeed() throws {
        let file = StateFile(folder["loader/state-large-seed.json"])
        let old = try folder.bytes("loader/state-large-seed.json")
        let point = try file.load()
        #expect(point.seed == .max)
        try file.save(point)
        #expect(try folder.bytes("loader/state-large-seed.json") == old)
    }

    @Test("An extraction goes on: what was in place is kept, what was whole is moved into place")
    func extraction() throws {
        let extraction = try Extraction(
            folder["data/raw"], into: folder["extraction/tree"], options: Extraction.Options())
        let report = try extraction.run()
        #expect((report.shards, report.kept, report.files, report.bytes) == (2, 1, 8, 11003))
        #expect(report.refused.isEmpty)
        #expect(
            try folder.names("extraction/tree.extracting") == ["00000.tar.done", "00001.tar.done"])
        #expect(try folder.names("extraction/tree/00001").count == 4)
        // The second's note is of the new format now.
        let done = try folder.bytes("extraction/tree.extracting/00001.tar.done")
        #expect(done.starts(with: Array("RCSTATE\n".utf8)))
        #expect(try extraction.run().kept == 2)
        #expect(
            try Extraction(
                folder["data/raw"], into: folder["whole"], options: Extraction.Options()
            ).run().bytes == report.bytes)
        let whole = try Tree(folder["whole"], timesOfFolders: false).rows.mapValues {
            String($0.split(separator: " ").last ?? "")
        }
        let tree = try Tree(folder["extraction/tree"], timesOfFolders: false).rows.mapValues {
            String($0.split(separator: " ").last ?? "")
        }
        #expect(tree.filter { $0.key.contains(".") } == whole.filter { $0.key.contains(".") })
    }

    @Test(
        "A downsampling goes on: what it had written is kept, and its broken images are told again")
    func downsampling() throws {
        let job = try Downsampling(
            folder["images"], into: folder["downsampled"], DownsamplingOptions(shortestEdge: 40))
        let first = try folder.bytes("downsampled/0.tar")
        let report = try job.run()
        #expect((report.kept, report.shards, report.downsampled) == (1, 2, 2))
        #expect((report.bytesRead, report.bytesWritten) == (4094, 2914))
        #expect(
            report.broken.map(\.description).first?.hasPrefix("0.tar!0/b.jpg: no image") == true)
        #expect(try folder.bytes("downsampled/0.tar") == first)
        #expect(try job.run().kept == 2)
        let error = #expect(throws: StoreError.self) {
            try Downsampling(
                folder["images"], into: folder["downsampled"],
                DownsamplingOptions(shortestEdge: 41)
            ).run()
        }
        #expect(error?.code == .occupied)
        #expect(error?.reason.contains("shortest edge 40") == true)
    }
}

@Suite("The format of states")
struct JobStateTests {
    private let folder: TemporaryFolder
    private let state: JobState

    init() throws {
        folder = try TemporaryFolder()
        state = JobState(folder.path, job: "test")
        var body = PackedBytes()
        body.append("a text")
        body.append(12, width: 8)
        try state.write(body, as: "record")
    }

    /// What is read of a record, in a word.
    private func read(_ state: JobState) -> String {
        switch state.read("record") {
        case .current(var reader): "\(reader.string() ?? "-") \(reader.number(8) ?? 0)"
        case .older(let bytes): "older, \(bytes.count) bytes"
        case nil: "none"
        }
    }

    @Test("A record is read as it was written, by the same job only")
    func whole() throws {
        #expect(read(state) == "a text 12")
        #expect(read(JobState(folder.path, job: "other")) == "none")
        #expect(read(JobState("/nowhere", job: "test")) == "none")
        #expect(try folder.names() == ["record"])
    }

    @Test("A record that was cut or changed anywhere isn't taken for one")
    func damaged() throws {
        let bytes = try folder.bytes("record")
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1
            try folder.write("record", damaged)
            #expect(read(state) == (place < 8 ? "older, \(bytes.count) bytes" : "none"))
            try folder.write("record", bytes[..<place])
            #expect(read(state).hasPrefix(place < 8 ? "older" : "none"))
        }
    }

    @Test("A record of a later version isn't read")
    func version() throws {
        var bytes = Array(try folder.bytes("record").dropLast(8))
        bytes[8] = 2
        var end = PackedBytes()
        end.append(XXH64.hash(bytes), width: 8)
        try folder.write("record", bytes + end.bytes)
        #expect(read(state) == "none")
    }
}
