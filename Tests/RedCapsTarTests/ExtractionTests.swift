import RedCapsBase
import Foundation
import RedCapsTar
import TestSupport
import Testing

/// A folder of shards, and one to unpack them into.
struct ExtractionSet {
    let folder: TemporaryFolder
    var raw: String { folder["raw"] }
    var out: String { folder["out/tree"] }

    init() throws {
        folder = try TemporaryFolder()
        for name in ["raw", "out"] {
            try FileManager.default.createDirectory(
                atPath: folder[name], withIntermediateDirectories: true)
        }
    }

    @discardableResult
    func extract(
        layout: Extraction.Layout = .inPlace, jobs: Int = 3, start: Int = 0, end: Int? = nil,
        share: (index: Int, count: Int) = (0, 1), isCaseSensitive: Bool = false,
        cancellation: Cancellation = Cancellation(),
        progress: (Extraction.Progress) -> Void = { _ in }
    ) throws -> Extraction.Report {
        let options = try Extraction.Options(
            layout: layout, jobs: jobs, start: start, end: end,
            share: Share(index: share.index, count: share.count),
            isCaseSensitive: isCaseSensitive)
        return try Extraction(raw, into: out, options: options)
            .run(cancellation: cancellation, progress: progress)
    }

    /// What GNU tar makes of the same shards, or `nil` where there is no GNU tar.
    func expected(_ shards: [String]? = nil) throws -> Tree? {
        guard let tar = gnuTar else { return nil }
        let place = folder["expected"]
        try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true)
        for shard in try shards ?? folder.names("raw").filter({ $0.contains(".tar") }) {
            _ = try run(tar, ["-xf", "\(raw)/\(shard)", "--no-same-owner"], in: place)
        }
        return try Tree(place)
    }

    /// Packs shards of a tree with GNU tar: folders, modes, times with fractions, and large files.
    func makeShards(_ count: Int, files: Int = 60, options: [String] = []) throws {
        let tar = try #require(gnuTar)
        for shard in 0..<count {
            let name = String(format: "%05d", shard)
            for file in 0..<files {
                let path = "tree/\(name)/\(file % 3 == 0 ? "sub \(file % 2)/" : "")é-\(file).jpg"
                try folder.write(
                    path, String(repeating: "\(shard) \(file) ", count: file * file * 3))
                chmod(folder[path], [0o644, 0o755, 0o600, 0o4777][file % 4])
                var times = [
                    timespec(tv_sec: 1_600_000_000 + file, tv_nsec: 123_456_789),
                    timespec(tv_sec: 1_600_000_000 + file, tv_nsec: 123_456_789),
                ]
                utimensat(AT_FDCWD, folder[path], &times, 0)
            }
            chmod(folder["tree/\(name)/sub 0"], 0o700)
            let packed = try run(
                tar, options + ["-cf", folder["raw/\(name).tar"], name], in: folder["tree"])
            #expect(packed.status == 0, "\(packed.errors)")
        }
    }

    func compress(_ program: String, _ shard: String) throws -> Bool {
        guard let program = findProgram(program) else { return false }
        return try run(program, ["-q", "\(raw)/\(shard)"]).status == 0
    }
}

/// GNU tar, which not every system has under this name.
let gnuTar: String? = ["tar", "gtar"].lazy.compactMap(findProgram).first {
    (try? run($0, ["--version"]))?.output.contains("GNU") ?? false
}

@Suite("Extraction", .enabled(if: gnuTar != nil))
struct ExtractionTests {
    @Test(
        "A tree is the one that GNU tar unpacks",
        arguments: ["gnu", "pax", "ustar", "oldgnu", "v7"], [1, 4])
    func plain(format: String, jobs: Int) throws {
        let set = try ExtractionSet()
        try set.makeShards(3, options: ["--format=\(format)"])
        let report = try set.extract(jobs: jobs)
        #expect(report.shards == 3)
        #expect(report.files == 180)
        #expect(report.refused.isEmpty)
        #expect(try Tree(set.out).differences(from: #require(try set.expected())) == [])
        #expect(try set.folder.names("out/tree.extracting") == (0..<3).map { "0000\($0).tar.done" })
    }

    @Test("Every committed archive that GNU tar unpacks without a word comes out the same")
    func archives() throws {
        var compared = 0
        // GNU tar ends at the first end marker.
        for name in Archive.names
        where !["devices", "unsafe", "after_the_end"].contains(name) {
            let set = try ExtractionSet()
            try FileManager.default.copyItem(
                atPath: Archive.path(name), toPath: "\(set.raw)/\(name).tar")
            let report = try set.extract(isCaseSensitive: true)
            let expected = try #require(try set.expected())
            guard report.refused.isEmpty else { continue }
            // Folders that only a path tells of are made when they are made.
            let tree = try Tree(set.out, timesOfFolders: false)
            let theirs = try Tree(set.folder["expected"], timesOfFolders: false)
            #expect(!expected.rows.isEmpty)
            #expect(tree.differences(from: theirs) == [], "\(name)")
            compared += 1
        }
        #expect(compared >= 20)
    }

    @Test(
        "Compressed shards come out as plain ones do", arguments: ["gzip", "bzip2", "xz", "zstd"])
    func compressed(program: String) throws {
        let set = try ExtractionSet()
        try set.makeShards(2)
        guard try set.compress(program, "00001.tar") else { return }
        if program == "zstd" { try set.folder.remove("raw/00001.tar") }
        let report = try set.extract()
        #expect(report.files == 120)
        #expect(try Tree(set.out).differences(from: #require(try set.expected())) == [])
    }

    @Test("A compressed shard that is cut leaves whole files only, and is tried again")
    func cut() throws {
        let set = try ExtractionSet()
        try set.makeShards(1)
        let whole = try #require(try set.expected())
        #expect(try set.compress("gzip", "00000.tar"))
        let bytes = try set.folder.bytes("raw/00000.tar.gz")
        try set.folder.write("raw/00000.tar.gz", bytes.prefix(bytes.count * 2 / 3))
        let report = try set.extract()
        #expect(report.shards == 0)
        #expect(report.refused.count == 1)
        let tree = try Tree(set.out)
        let files = tree.rows.filter { $0.value.hasPrefix("file") }
        #expect(!files.isEmpty && files.count < 60)
        for (path, row) in files { #expect(row == whole.rows[path], "\(path)") }
        try set.folder.write("raw/00000.tar.gz", bytes)
        #expect(try set.extract().refused.isEmpty)
        #expect(try Tree(set.out).differences(from: whole) == [])
    }

    @Test("Links, sparse files and files that come twice come out as from GNU tar")
    func links() throws {
        let set = try ExtractionSet()
        try set.folder.write("t/a/x.jpg", "photo")
        let script = """
            ln a/x.jpg a/hard.jpg && ln -s x.jpg a/soft.jpg && ln -s a folder && mkdir b
            ln -s ../a/x.jpg b/up.jpg && truncate -s 3M a/sparse && printf end >>a/sparse
            tar -Scf ../raw/0.tar a folder b && printf second >a/x.jpg
            tar -rf ../raw/0.tar a/x.jpg && tar -cf ../raw/1.tar a/soft.jpg
            """
        #expect(try run("/bin/sh", ["-c", script], in: set.folder["t"]).status == 0)
        let report = try set.extract()
        #expect(report.refused.isEmpty, "\(report.refused)")
        let tree = try Tree(set.out, timesOfFolders: false)
        _ = try set.expected()
        #expect(
            tree.differences(from: try Tree(set.folder["expected"], timesOfFolders: false)) == [])
        let blocks = try FileManager.default.attributesOfItem(atPath: "\(set.out)/a/sparse")
        #expect(blocks[.size] as? Int == 3 << 20 + 3 || blocks[.size] as? Int == (3 << 20) + 3)
    }

    @Test("Shards that share a folder are merged, and the last of two files of a path stays")
    func merged() throws {
        let set = try ExtractionSet()
        for shard in 0..<30 {
            try set.folder.write(
                "raw/\(String(format: "%02d", shard)).tar",
                tarBytes(["all/\(shard).jpg": "\(shard)", "all/last.jpg": "of \(shard)"]))
        }
        let report = try set.extract(jobs: 4)
        #expect(report.files == 60)
        #expect(try set.folder.names("out/tree/all").count == 31)
        #expect(try set.folder.bytes("out/tree/all/last.jpg") == Array("of 29".utf8))
    }

    @Test("Slices, shares and folders of shards choose what goes where")
    func slices() throws {
        let set = try ExtractionSet()
        for shard in 0..<7 {
            try set.folder.write("raw/s\(shard).tar", tarBytes(["x\(shard)": "\(shard)"]))
        }
        func names(_ report: Extraction.Report) throws -> [String] {
            defer {
                try? set.folder.remove("out/tree")
                try? Extraction.forget(set.out)
            }
            return try set.folder.names("out/tree")
        }
        #expect(try names(set.extract(start: 5)) == ["x5", "x6"])
        #expect(try names(set.extract(start: 1, end: 3)) == ["x1", "x2"])
        #expect(try names(set.extract(start: 1, share: (1, 3))) == ["x2", "x5"])
        #expect(try names(set.extract(start: 9)) == [])
        #expect(try names(set.extract(layout: .perShard, start: 5)) == ["s5", "s6"])
        for options in [(0, 0, 0), (-1, 0, 1), (3, 3, 0), (0, 2, 2)] {
            #expect(throws: StoreError.self, "\(options)") {
                try set.extract(
                    jobs: options.0 == 0 && options.1 == 0 ? 0 : 1, start: options.0,
                    end: options.0 == 3 ? 2 : nil, share: (options.2, max(options.1, 0)))
            }
        }
    }

    @Test("A finished shard isn't touched again, until that is forgotten or the shard has changed")
    func resumed() throws {
        let set = try ExtractionSet()
        try set.makeShards(2)
        try set.extract()
        try set.folder.write("out/tree/00000/é-1.jpg", "changed")
        let again = try set.extract()
        #expect(again.kept == 2)
        #expect(again.files == 120)
        #expect(try set.folder.bytes("out/tree/00000/é-1.jpg") == Array("changed".utf8))
        try set.folder.setTime("raw/00000.tar", 1_700_000_000)
        #expect(try set.extract().kept == 1)
        #expect(try Tree(set.out).differences(from: #require(try set.expected())) == [])
        try set.folder.write("out/tree/00001/é-1.jpg", "changed")
        try Extraction.forget(set.out)
        #expect(try set.folder.names("out") == ["tree"])
        #expect(try set.extract().kept == 0)
        #expect(try Tree(set.out).differences(from: #require(try set.expected())) == [])
    }

    @Test("A run that is cancelled ends soon, and the next one goes on where it was")
    func cancelled() throws {
        let set = try ExtractionSet()
        try set.makeShards(6, files: 120)
        let expected = try #require(try set.expected())
        var runs = 0
        for limit in [0, 50, 300, 500, .max] {
            let cancellation = Cancellation()
            if limit == 0 { cancellation.cancel() }
            do {
                try set.extract(cancellation: cancellation) { progress in
                    if progress.files >= limit { cancellation.cancel() }
                }
            } catch let error as StoreError {
                #expect(error.code == .cancelled)
                runs += 1
            }
            let tree = FileManager.default.fileExists(atPath: set.out) ? try Tree(set.out) : nil
            for (path, row) in tree?.rows ?? [:] where row.hasPrefix("file") {
                #expect(row == expected.rows[path], "\(path)")
            }
        }
        #expect(runs > 0)
        #expect(try Tree(set.out).differences(from: expected) == [])
    }

    @Test("What a dead run left half written is written anew")
    func planted() throws {
        let set = try ExtractionSet()
        try set.makeShards(2)
        let expected = try #require(try set.expected())
        try set.folder.write("out/tree/mine.txt", "mine")
        for (name, text) in [
            ("00000.tar.staging/00000/é-59.jpg", "half"), ("00001.tar.ready", "no note"),
            ("00001.tar.commit/00001/é-1.jpg", "of unknown origin"), ("00001.tar.lock", ""),
        ] {
            try set.folder.write("out/tree.extracting/\(name)", text)
        }
        try set.extract()
        let tree = try Tree(set.out)
        #expect(tree.differences(from: expected).map { $0.prefix(9) } == ["mine.txt:"])
        #expect(
            try set.folder.names("out/tree.extracting") == ["00000.tar.done", "00001.tar.done"])
    }
}
