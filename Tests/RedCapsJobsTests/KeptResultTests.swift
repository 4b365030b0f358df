import Foundation
import RedCapsBase
import RedCapsImage
import RedCapsJobs
import RedCapsTar
import TestSupport
import Testing

@Suite("What a job keeps of earlier runs")
struct KeptResultTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    // MARK: Packing

    @Test("A caption that was corrected to the same length is packed anew, and only its shard")
    func correctedCaption() throws {
        try writeTree(folder)
        func pack() throws -> Packing.Report {
            try Packing.pack(folder["tree"], into: folder["raw"], .samples(8))
        }
        _ = try pack()
        let path = "tree/00001/sample-7.json"
        let time = try folder.time(path)
        try folder.write(path, #"{"caption": "NUMBER 7"}"#)
        // Even if somebody has set its old time again.
        try folder.setTime(path, Int(time))
        #expect(try pack().kept == 4)
        #expect(try pack().kept == 5)
        let anew = try Packing.pack(folder["tree"], into: folder["anew"], .samples(8))
        #expect(anew.kept == 0)
        #expect(try contents(folder["raw"]) == contents(folder["anew"]))
    }

    @Test("A shard whose bytes were damaged in its place is packed anew")
    func damagedShard() throws {
        try writeTree(folder)
        _ = try Packing.pack(folder["tree"], into: folder["raw"], .samples(8))
        let whole = try contents(folder["raw"])
        let last = try #require(ShardListing(path: folder["raw/00003.tar"]).members.last)
        try folder.overwrite("raw/00003.tar", at: Int(last.offset), [0, 0, 0])
        #expect(try Packing.pack(folder["tree"], into: folder["raw"], .samples(8)).kept == 4)
        #expect(try contents(folder["raw"]) == whole)
    }

    // MARK: Downsampling

    private func jpeg(_ shade: UInt8) throws -> [UInt8] {
        try JPEGEncoder().encode(
            PixelBuffer(
                width: 60, height: 40,
                pixels: (0..<60 * 40 * 3).map { UInt8(truncatingIfNeeded: $0 / 3) &+ shade }))
    }

    private func downsample() throws -> Downsampling.Report {
        try Downsampling(
            folder["in"], into: folder["out"], DownsamplingOptions(shortestEdge: 20), jobs: 2
        ).run()
    }

    @Test("Results that were cut or changed since are made anew", arguments: [0, 100, -1])
    func damagedResults(length: Int) throws {
        let names = ["a.jpg", "b/c.jpg", "data.json"]
        for (number, name) in names.enumerated() {
            try folder.write(
                "in/\(name)", number == 2 ? Array("[ 1, 2 ]".utf8) : try jpeg(UInt8(number)))
        }
        let writer = try TarWriter.create(folder["in/s.tar"])
        try writer.add("x.jpg", try jpeg(9))
        try writer.close()
        _ = try downsample()
        #expect(try downsample().kept == 4)
        for name in names + ["s.tar"] {
            let whole = try folder.bytes("out/\(name)")
            if length < 0 {
                let middle = whole.count / 2
                try folder.overwrite("out/\(name)", at: middle, [whole[middle] ^ 1])
            } else {
                try folder.cut("out/\(name)", to: min(length, whole.count - 1))
            }
            #expect(try downsample().kept == 3, "\(name)")
            #expect(try folder.bytes("out/\(name)") == whole, "\(name)")
        }
        #expect(try downsample().kept == 4)
    }

    @Test("An input that is another one is downsampled again, though it is as long or older")
    func otherInput() throws {
        try folder.write("in/a.jpg", try jpeg(0))
        try folder.write("in/t.txt", "one")
        for name in ["in/a.jpg", "in/t.txt"] { try folder.setTime(name, 1_600_000_000) }
        _ = try downsample()
        try folder.write("in/t.txt", "two")
        try folder.setTime("in/t.txt", 1_500_000_000)
        #expect(try downsample().kept == 1)
        #expect(try folder.bytes("out/t.txt") == Array("two".utf8))
    }

    @Test("Of a journal that a killed run has left, what is whole counts")
    func tornJournal() throws {
        for number in 0..<4 { try folder.write("in/\(number).txt", "text \(number)") }
        _ = try downsample()
        let state = "out/.redcaps-downsample"
        let journal = try #require(try folder.names(state).first { $0.hasPrefix("files-") })
        let bytes = try folder.bytes("\(state)/\(journal)")
        #expect(bytes.count % 4 == 0)
        for cut in [1, bytes.count / 4, bytes.count / 4 + 1] {
            try folder.write("\(state)/\(journal)", bytes.dropLast(cut))
            let kept = (bytes.count - cut) / (bytes.count / 4)
            for name in try folder.names(state) where name.hasPrefix("files-") && name != journal {
                try folder.remove("\(state)/\(name)")
            }
            #expect(try downsample().kept == kept)
        }
    }

    @Test("A shard of an earlier build's run is kept if it has its end and all its members")
    func earlierShards() throws {
        for name in ["images", "downsampled"] {
            try FileManager.default.copyItem(
                atPath: Fixture.path("formats/\(name)"), toPath: folder[name])
        }
        for name in ["images/0.tar", "images/1.tar"] { try folder.setTime(name, 1_700_000_000) }
        let whole = try folder.bytes("downsampled/0.tar")
        func run() throws -> Int {
            try Downsampling(
                folder["images"], into: folder["downsampled"], DownsamplingOptions(shortestEdge: 40)
            ).run().kept
        }
        try folder.cut("downsampled/0.tar", to: whole.count - 1024)
        #expect(try run() == 0)
        #expect(try run() == 2)
    }

    // MARK: Two runs

    @Test("Runs of one command at the same time leave whole results, whoever ends first")
    func twoRuns() throws {
        for shard in 0..<3 {
            let path = folder["in/\(shard).tar"]
            try folder.write("in/\(shard).tar", "")
            let writer = try TarWriter.create(path)
            for number in 0..<20 { try writer.add("\(number).jpg", try jpeg(UInt8(number))) }
            try writer.close()
        }
        for number in 0..<20 { try folder.write("in/\(number).jpg", try jpeg(UInt8(number))) }
        let job = try Downsampling(
            folder["in"], into: folder["alone"], DownsamplingOptions(shortestEdge: 20), jobs: 2)
        _ = try job.run()
        let failures = ConditionLock<[String]>([])
        WorkerThread.forEach(3, threads: 3) { number in
            do {
                let job = try Downsampling(
                    folder["in"], into: folder["out"], DownsamplingOptions(shortestEdge: 20),
                    jobs: 2)
                let cancellation = Cancellation()
                var calls = 0
                _ = try job.run(cancellation: cancellation) { _ in
                    calls += 1
                    if number == 2, calls == 3 { cancellation.cancel() }
                }
            } catch {
                if number < 2 { failures.update { $0.append("\(error)") } }
            }
        }
        #expect(failures.update { $0 } == [])
        for name in try folder.names("alone") where !name.hasPrefix(".") {
            #expect(try folder.bytes("out/\(name)") == folder.bytes("alone/\(name)"), "\(name)")
        }
        #expect(try downsample().kept == 23)
        #expect(try folder.names("out").filter { $0.hasSuffix(".part") } == [])
    }
}
