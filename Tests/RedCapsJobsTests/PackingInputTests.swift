import RedCapsBase
import RedCapsJobs
import Foundation
import RedCapsTar
import TestSupport
import Testing

@Suite("What can be packed")
struct PackingInputTests {
    /// Two tars in the order of no key, with all that may be in one, and the tree that they make.
    private func oldTars(_ folder: TemporaryFolder) throws {
        try folder.write(
            "old/a.tar",
            tarHeader("./", size: 0, type: "5") + tarHeader("00001/", size: 0, type: "5")
                + tarBytes([
                    "00001/y.json": "{}", "./00001//x.jpg": "first", "00002/z.jpg": "photo z",
                    "00001/x.json": "{1}", ".redcaps/index": "state",
                ]))
        try folder.write(
            "old/b.tar",
            tarHeader("00001/pipe", size: 0, type: "6")
                + tarBytes(["00001/x.jpg": "second", "00001/y.jpg": "", "00002/z.txt": "a z"]))
        for (name, text) in [
            "00001/x.jpg": "second", "00001/x.json": "{1}", "00001/y.jpg": "", "00001/y.json": "{}",
            "00002/z.jpg": "photo z", "00002/z.txt": "a z", ".redcaps/index": "state",
        ] { try folder.write("tree/\(name)", text) }
    }

    @Test("Old tars are packed as their unpacked tree is; later members replace earlier ones")
    func tars() throws {
        let folder = try TemporaryFolder()
        try oldTars(folder)
        let before = try contents(folder["old"])
        let fromTree = try Packing.pack(folder["tree"], into: folder["1"])
        let report = try Packing.pack(folder["old/a.tar"], folder["old/b.tar"], into: folder["2"])
        #expect(try contents(folder["1"]) == contents(folder["2"]))
        #expect(try contents(folder["1"]).keys.sorted() == ["00001.tar", "00002.tar", "data.json"])
        #expect(report.replaced == 1)
        #expect(fromTree.replaced == 0)
        #expect(report.files == 6)
        #expect(try contents(folder["old"]) == before)
        // Packed once more they stay as they are.
        try Packing.pack(folder["2/00002.tar"], folder["2/00001.tar"], into: folder["3"])
        #expect(try contents(folder["3"]) == contents(folder["2"]))
    }

    @Test(
        "Compressed tars are packed as plain ones, and nothing else remains",
        arguments: [("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz"), ("zstd", "zst")])
    func compressed(program: String, suffix: String) throws {
        guard let program = findProgram(program) else { return }
        let folder = try TemporaryFolder()
        try oldTars(folder)
        try Packing.pack(folder["old/a.tar"], folder["old/b.tar"], into: folder["1"])
        #expect(try run(program, [folder["old/a.tar"]]).status == 0)
        let inputs = ["old/a.tar.\(suffix)", "old/b.tar"].map { folder[$0] }
        try Packing(inputs, into: folder["2"], options: Packing.Options()).run()
        #expect(try contents(folder["2"]) == contents(folder["1"]))

        // A file that is cut is told, and leaves nothing.
        let whole = try Data(contentsOf: URL(filePath: inputs[0]))
        try whole.prefix(whole.count - 20).write(to: URL(filePath: inputs[0]))
        let error = #expect(throws: StoreError.self) {
            try Packing(inputs, into: folder["3"], options: Packing.Options()).run()
        }
        #expect(error?.file == inputs[0])
        #expect(try contents(folder["3"]).isEmpty)
    }

    @Test("Links to files are followed, links to folders are counted and not followed")
    func links() throws {
        let folder = try TemporaryFolder()
        try folder.write("blobs/1", "photo")
        try folder.write("tree/00000/x.json", "{}")
        let files = FileManager.default
        try files.createSymbolicLink(
            atPath: folder["tree/00000/x.jpg"], withDestinationPath: "../../blobs/1")
        try files.createSymbolicLink(
            atPath: folder["tree/loop"], withDestinationPath: folder["tree"])
        let report = try Packing.pack(folder["tree"], into: folder["raw"])
        #expect(try memberNames(folder["raw/00000.tar"]) == ["00000/x.jpg", "00000/x.json"])
        #expect(report.bytes == 7)
        #expect(report.skippedLinks == 1)
        #expect(report.firstSkippedLink == folder["tree/loop"])
    }

    @Test("Hidden files are left out of trees and tars, and counted")
    func hidden() throws {
        let folder = try TemporaryFolder()
        let companion = "\0\u{5}Mac OS X"
        for (name, text) in [
            "00001/x.jpg": "photo", "00001/x.json": "{}", "00001/._x.jpg": companion,
            "00001/._x.json": companion, "00001/.copy.json": "{}", ".DS_Store": "state",
            ".cache/y.jpg": "photo", ".cache/y.json": "{}",
        ] { try folder.write("tree/\(name)", text) }
        let report = try Packing.pack(folder["tree"], into: folder["1"])
        // Not even the division into numbered folders heeds them.
        #expect(try contents(folder["1"]).keys.sorted() == ["00001.tar", "data.json"])
        #expect(try memberNames(folder["1/00001.tar"]) == ["00001/x.jpg", "00001/x.json"])
        #expect(try listedPairs(folder["1/data.json"]) == [["00001/x.jpg", "00001/x.json"]])
        #expect((report.samples, report.files, report.unpaired) == (1, 2, 0))
        #expect((report.hidden, report.firstHidden) == (5, ".DS_Store"))
        try folder.write(
            "old.tar",
            tarBytes([
                "./00001/._x.jpg": companion, "00001/x.jpg": "photo", "00001/x.json": "{}",
                ".cache/y.jpg": "photo",
            ]))
        let again = try Packing.pack(folder["old.tar"], into: folder["2"])
        #expect((again.hidden, again.firstHidden) == (2, ".cache/y.jpg"))
        #expect(try contents(folder["2"]) == contents(folder["1"]))
        try folder.write("hidden/._x.jpg", companion)
        let error = #expect(throws: StoreError.self) {
            try Packing.pack(folder["hidden"], into: folder["3"])
        }
        #expect(error?.reason.contains("only hidden ones such as ._x.jpg") == true)
    }

    @Test("A broken link, a pipe and an empty tree are errors that name them")
    func refusedTrees() throws {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        try files.createDirectory(
            atPath: folder["empty/.redcaps"], withIntermediateDirectories: true)
        try folder.write("empty/.redcaps/index", "state")
        try folder.write("broken/x.jpg", "x")
        try files.createSymbolicLink(atPath: folder["broken/y.jpg"], withDestinationPath: "gone")
        try folder.write("pipe/x.jpg", "x")
        #expect(mkfifo(folder["pipe/y.jpg"], 0o666) == 0)
        for (tree, file, code, words) in [
            ("empty", "empty", StoreError.Code.missing, "no files"),
            ("broken", "broken/y.jpg", .missing, "broken link"),
            ("pipe", "pipe/y.jpg", .notAFile, "pipe"), ("gone", "gone", .missing, "can't open"),
        ] {
            let error = #expect(throws: StoreError.self) {
                try Packing.pack(folder[tree], into: folder["raw"])
            }
            #expect(error?.code == code)
            #expect(error?.file == folder[file])
            #expect(error?.reason.contains(words) == true)
        }
    }

    @Test("Links, outward members and damage are errors with tar and member")
    func refusedTars() throws {
        for (bytes, member, words) in [
            (tarHeader("l.jpg", size: 0, type: "2") + tarEnd, "l.jpg", "link"),
            (tarHeader("h.jpg", size: 0, type: "1") + tarEnd, "h.jpg", "link"),
            (tarBytes(["../x.jpg": "x"]), "../x.jpg", "leads out"),
            (tarBytes(["/x.jpg": "x"]), "/x.jpg", "absolute"),
            (tarHeader("x.jpg", size: 5000) + tarBody("short"), "x.jpg", "truncated"),
            (Array("nonsense".utf8), nil, "truncated"),
        ] as [([UInt8], String?, String)] {
            let folder = try TemporaryFolder()
            try folder.write("old.tar", bytes)
            let error = #expect(throws: StoreError.self) {
                try Packing.pack(folder["old.tar"], into: folder["raw"])
            }
            #expect(error?.file == folder["old.tar"])
            #expect(error?.member == member)
            #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
            #expect(try contents(folder["raw"]).isEmpty)
        }
    }

    @Test("Sparse members are refused", arguments: ["sparse_gnu", "sparse_pax_1.0"])
    func sparse(name: String) throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: StoreError.self) {
            try Packing.pack(Fixture.path("tars/\(name).tar"), into: folder["raw"])
        }
        #expect(error?.code == .notAFile)
        #expect(error?.reason.contains("sparse") == true)
    }

    #if os(Linux)
    @Test("A name that isn't UTF-8 is packed as it is, but can't be listed")
    func notUnicode() throws {
        let folder = try TemporaryFolder()
        var tar: [UInt8] = []
        for ending in ["jpg", "json"] {
            var header = tarHeader("x_.\(ending)", size: 0)
            header[1] = 0xFF
            let sum = header.enumerated().reduce(0) {
                $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element))
            }
            let digits = String(sum, radix: 8)
            let field = String(repeating: "0", count: 6 - digits.utf8.count) + digits
            for (place, digit) in field.utf8.enumerated() { header[148 + place] = digit }
            if ending == "jpg" { try folder.write("one.tar", header + tarEnd) }
            tar += header
        }
        try folder.write("pair.tar", tar + tarEnd)
        let report = try Packing.pack(folder["one.tar"], into: folder["1"])
        #expect(report.unpaired == 1)
        let packed = ShardListing(path: folder["1/00000.tar"])
        #expect(packed.members.map(\.name) == [[0x78, 0xFF] + Array(".jpg".utf8)])
        let error = #expect(throws: StoreError.self) {
            try Packing.pack(folder["pair.tar"], into: folder["2"])
        }
        #expect(error?.code == .invalid)
        #expect(error?.file == "x\u{FFFD}.jpg")
        #expect(try contents(folder["2"]).isEmpty)

        // From a tree, too.
        let program = try #require(findProgram("tar"))
        try FileManager.default.createDirectory(
            atPath: folder["tree"], withIntermediateDirectories: true)
        #expect(try run(program, ["-xf", folder["one.tar"]], in: folder["tree"]).status == 0)
        try Packing.pack(folder["tree"], into: folder["3"])
        #expect(try contents(folder["3"]) == contents(folder["1"]))
    }
    #endif
}
