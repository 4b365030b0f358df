import RedCapsBase
import RedCapsImage
import RedCapsJobs
import RedCapsTar
import Foundation
import RedCapsCore
import TestSupport
import Testing

@Suite("Downsampling of data sets")
struct DownsamplingTests {
    /// A gray ramp.
    private func jpeg(_ width: Int, _ height: Int, _ shade: Int = 0) throws -> [UInt8] {
        let pixels = (0..<(width * height * 3)).map { UInt8(($0 / 3 + shade) & 0xFF) }
        return try JPEGEncoder(quality: 80).encode(
            PixelBuffer(width: width, height: height, pixels: pixels))
    }

    private func job(
        _ folder: TemporaryFolder, into output: String = "out",
        brokenImages: Downsampling.BrokenImages = .skip, quality: Int = 90, jobs: Int = 2,
        share: (Int, Int) = (0, 1)
    ) throws -> Downsampling {
        try Downsampling(
            folder["in"], into: folder[output],
            DownsamplingOptions(shortestEdge: 20, quality: quality),
            brokenImages: brokenImages, jobs: jobs, share: Share(index: share.0, count: share.1))
    }

    /// A folder of images with annotations, one of them in a folder of its own.
    private func images(in folder: TemporaryFolder, count: Int = 8) throws {
        for number in 0..<count {
            try folder.write("in/00000/\(number).jpg", try jpeg(60, 40 + number, number))
            try folder.write("in/00000/\(number).json", "{\"caption\": \"\(number)\"}")
        }
        try folder.write("in/data.json", "[]")
        try folder.write("in/small.jpg", try jpeg(19, 30))
    }

    /// Two shards of the same.
    private func shards(in folder: TemporaryFolder, broken: Bool = false) throws {
        try FileManager.default.createDirectory(
            atPath: folder["in"], withIntermediateDirectories: true)
        for shard in 0..<3 {
            let writer = try TarWriter.create(folder["in/0000\(shard).tar"])
            try writer.addDirectory("0000\(shard)")
            for number in 0..<5 {
                var file = try jpeg(60, 40 + number, 5 * shard + number)
                if broken, shard == 1, number == 2 { file = Array(file.dropLast(50)) }
                try writer.add("0000\(shard)/\(number).jpg", file)
                try writer.add("0000\(shard)/\(number).json", Array("{}".utf8))
            }
            try writer.close()
        }
        try folder.write("in/data.json", "[]")
    }

    /// The files of a folder without the state, and their bytes.
    private func contents(_ folder: TemporaryFolder, _ name: String) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        let walk = FileManager.default.enumerator(atPath: folder[name])
        while let path = walk?.nextObject() as? String {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(
                atPath: folder["\(name)/\(path)"], isDirectory: &isFolder)
            if !isFolder.boolValue, !path.hasPrefix(".redcaps-downsample") {
                found[path] = try folder.bytes("\(name)/\(path)")
            }
        }
        return found
    }

    private func members(_ folder: TemporaryFolder, _ tar: String) throws -> [String: [UInt8]] {
        let listing = ShardListing(path: folder[tar])
        #expect(listing.failure == nil)
        let bytes = try folder.bytes(tar)
        return Dictionary(
            uniqueKeysWithValues: listing.members.map {
                (
                    String(decoding: $0.name, as: UTF8.self),
                    Array(bytes[Int($0.offset)..<Int($0.offset + $0.size)])
                )
            })
    }

    private func shortestEdge(_ file: [UInt8]) throws -> Int {
        let header = try ImageDecoder().header(of: file.span)
        return min(header.width, header.height)
    }

    @Test("A folder gets its structure again, images small, all else as it was")
    func folder() throws {
        let folder = try TemporaryFolder()
        try images(in: folder)
        let report = try job(folder).run()
        #expect(report.images == 9)
        #expect(report.downsampled == 8)
        #expect(report.untouched == 1)
        #expect(report.others == 9)
        #expect(report.broken.isEmpty)
        let (before, after) = (try contents(folder, "in"), try contents(folder, "out"))
        #expect(before.keys.sorted() == after.keys.sorted())
        #expect(report.bytesRead == before.values.reduce(0) { $0 + UInt64($1.count) })
        #expect(report.bytesWritten == after.values.reduce(0) { $0 + UInt64($1.count) })
        for (path, bytes) in after {
            if path.hasSuffix(".json") || path == "small.jpg" {
                #expect(bytes == before[path])
            } else {
                #expect(try shortestEdge(bytes) == 20)
            }
        }
    }

    @Test("Tars become tars with the same members in the same order")
    func tars() throws {
        let folder = try TemporaryFolder()
        try shards(in: folder)
        let report = try job(folder).run()
        #expect((report.shards, report.images, report.others) == (3, 15, 16))
        for shard in 0..<3 {
            let name = "0000\(shard).tar"
            let listings = ["in", "out"].map { ShardListing(path: folder["\($0)/\(name)"]) }
            let names = listings.map { listing in
                listing.members.filter { $0.kind == .file }.map(\.name)
            }
            #expect(names[0] == names[1])
            for (path, bytes) in try members(folder, "out/\(name)") {
                if path.hasSuffix(".jpg") {
                    #expect(try shortestEdge(bytes) == 20)
                } else {
                    #expect(bytes == Array("{}".utf8))
                }
            }
        }
        #expect(try folder.bytes("out/data.json") == Array("[]".utf8))
    }

    @Test("Any number of threads gives the same bytes")
    func threads() throws {
        let folder = try TemporaryFolder()
        try shards(in: folder)
        try folder.write("in/more/1.jpg", try jpeg(50, 50))
        var results: [[String: [UInt8]]] = []
        for jobs in [1, 2, 7] {
            _ = try job(folder, into: "out\(jobs)", jobs: jobs).run()
            results.append(try contents(folder, "out\(jobs)"))
        }
        #expect(results[0] == results[1] && results[1] == results[2])
    }

    @Test(
        "Parts of the work make up the whole, for shards and for files", arguments: [true, false])
    func parts(isTars: Bool) throws {
        let folder = try TemporaryFolder()
        if isTars { try shards(in: folder) } else { try images(in: folder) }
        _ = try job(folder, into: "whole").run()
        var images = 0
        for part in 0..<3 {
            images += try job(folder, into: "parts", share: (part, 3)).run().images
        }
        #expect(images == (isTars ? 15 : 9))
        #expect(try contents(folder, "parts") == (try contents(folder, "whole")))
    }

    @Test("A second run keeps what is there, and goes on with what isn't")
    func resumed() throws {
        let folder = try TemporaryFolder()
        try shards(in: folder, broken: true)
        let first = try job(folder).run()
        let before = try contents(folder, "out")
        try folder.remove("out/00002.tar")
        try folder.write("out/.00002.tar.part", "half")
        try folder.setTime("out/00000.tar", 2_000_000_000)
        let second = try job(folder).run()
        #expect(second.kept == 3)  // two shards and the list
        #expect(second.images == first.images)
        #expect(second.broken == first.broken)
        #expect(try folder.time("out/00000.tar") == 2_000_000_000)
        #expect(try contents(folder, "out") == before)
    }

    @Test("A run that is ended goes on where it was")
    func ended() throws {
        let folder = try TemporaryFolder()
        try images(in: folder, count: 40)
        try shards(in: folder)
        var calls = 0
        let cancellation = Cancellation()
        #expect(throws: StoreError.self) {
            try job(folder).run(cancellation: cancellation) { progress in
                calls += 1
                if progress.report.images > 10 || calls > 1 { cancellation.cancel() }
            }
        }
        #expect(!(try contents(folder, "out").keys.contains { $0.hasSuffix(".part") }))
        _ = try job(folder).run()
        _ = try job(folder, into: "other").run()
        #expect(try contents(folder, "out") == (try contents(folder, "other")))
    }

    @Test("A changed input is downsampled again")
    func changed() throws {
        let folder = try TemporaryFolder()
        try images(in: folder)
        try shards(in: folder)
        _ = try job(folder).run()
        let writer = try TarWriter.create(folder["in/00001.tar"])
        try writer.add("x.jpg", try jpeg(80, 80))
        try writer.close()
        try folder.write("in/00000/3.jpg", try jpeg(80, 80, 9))
        try folder.setTime("in/00000/3.jpg", Int(Date().timeIntervalSince1970) + 10)
        _ = try job(folder).run()
        #expect(try members(folder, "out/00001.tar").count == 1)
        let file = try folder.bytes("out/00000/3.jpg")
        let header = try ImageDecoder().header(of: file.span)
        #expect((header.width, header.height) == (20, 20))
    }

    @Test("A broken image is left out, copied, or ends the run", arguments: [true, false])
    func broken(isTars: Bool) throws {
        let folder = try TemporaryFolder()
        let path = isTars ? "00001/2.jpg" : "00000/2.jpg"
        if isTars {
            try shards(in: folder, broken: true)
        } else {
            try images(in: folder)
            try folder.write("in/00000/2.jpg", Array(try jpeg(60, 40).dropLast(50)))
        }
        func image(_ output: String) throws -> [UInt8]? {
            isTars
                ? try members(folder, "\(output)/00001.tar")[path]
                : try contents(folder, output)[path]
        }
        for _ in 0..<2 {
            let skipped = try job(folder).run()
            #expect(skipped.broken.count == 1)
            #expect(skipped.broken.first?.file == (isTars ? "00001.tar" : path))
            #expect(skipped.broken.first?.member == (isTars ? path : nil))
            #expect(skipped.broken.first?.reason.contains("ends before") ?? false)
            #expect(try image("out") == nil)
        }
        for _ in 0..<2 {
            let copied = try job(folder, into: "copied", brokenImages: .copy).run()
            #expect(copied.broken.count == 1)
            let original =
                isTars
                ? try members(folder, "in/00001.tar")[path] : try contents(folder, "in")[path]
            #expect(try image("copied") == original)
        }
        let error = #expect(throws: StoreError.self) {
            try job(folder, into: "stopped", brokenImages: .stop).run()
        }
        #expect(error?.code == .refused)
        #expect("\(try #require(error))".contains("2.jpg"))
    }

    @Test("What an image is shows in its name or its bytes")
    func kinds() throws {
        let folder = try TemporaryFolder()
        try folder.write("in/nameless", try jpeg(60, 40))
        try folder.write("in/page.jpg", "<html>")
        try folder.write("in/empty.jpeg", "")
        try folder.write("in/notes.txt", "P6")
        let report = try job(folder).run()
        #expect((report.downsampled, report.others) == (1, 1))
        #expect(report.broken.map(\.file) == ["empty.jpeg", "page.jpg"])
        #expect(report.broken.last?.reason.contains("HTML") ?? false)
        #expect(try contents(folder, "out").keys.sorted() == ["nameless", "notes.txt"])
    }

    @Test("What can't be done is refused before anything is written")
    func refusals() throws {
        let folder = try TemporaryFolder()
        try images(in: folder)
        for (input, output) in [("in", "in/out"), ("in/00000", "in"), ("in", "in")] {
            let error = #expect(throws: StoreError.self) {
                try Downsampling(
                    folder[input], into: folder[output], DownsamplingOptions(shortestEdge: 20)
                ).run()
            }
            #expect(error?.code == .occupied)
        }
        _ = try job(folder).run()
        var error = #expect(throws: StoreError.self) { try job(folder, quality: 80).run() }
        #expect(error?.code == .occupied)
        #expect(error?.reason.contains("quality 90") ?? false)
        try folder.write("in/x.tar.gz", "zipped")
        error = #expect(throws: StoreError.self) { try job(folder, into: "new").run() }
        #expect(error?.code == .compressed)
        #expect(!(try folder.names().contains("new")))
        error = #expect(throws: StoreError.self) {
            try Downsampling(
                folder["nowhere"], into: folder["x"], DownsamplingOptions(shortestEdge: 20)
            ).run()
        }
        for jobs in [0, 1025] {
            #expect(throws: StoreError.self) { try job(folder, jobs: jobs) }
        }
        for share in [(1, 1), (-1, 2), (0, 0)] {
            #expect(throws: StoreError.self) { try job(folder, share: share) }
        }
    }

    @Test("A shard that is damaged, or holds links, ends the run by name and leaves no half of it")
    func damagedShard() throws {
        let folder = try TemporaryFolder()
        try shards(in: folder)
        try folder.cut("in/00001.tar", to: 1500)
        var error = #expect(throws: StoreError.self) { try job(folder).run() }
        #expect(error?.file.hasSuffix("00001.tar") ?? false)
        #expect(try folder.names("out").filter { $0.contains("00001") }.isEmpty)

        let writer = try TarWriter.create(folder["in/00001.tar"])
        try writer.addSymbolicLink("a.jpg", to: "b.jpg")
        try writer.close()
        error = #expect(throws: StoreError.self) { try job(folder).run() }
        #expect(error?.code == .notAFile)
        #expect(error?.member == "a.jpg")
        #expect(try folder.names("out").filter { $0.contains("00001") }.isEmpty)
    }

    @Test("The stream of progress ends with the result, and leaving it ends the run")
    func stream() async throws {
        let folder = try TemporaryFolder()
        try images(in: folder)
        var last: Downsampling.Progress?
        var report: Downsampling.Report?
        for try await event in try job(folder).progress() {
            switch event {
            case .progress(let progress): last = progress
            case .report(let found): report = found
            }
        }
        #expect(report?.images == 9)
        #expect(last?.report == report)
        #expect(last?.doneBytes == last?.totalBytes)
        for try await _ in try job(folder, into: "left").progress() { break }
    }
}
