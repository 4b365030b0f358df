import Foundation
import RedCapsTar
import TestSupport
import Testing

@Suite("redcaps index and the files of an index")
struct IndexTests {
    /// Shards with everything that a member can be.
    private struct Shards {
        let folder: TemporaryFolder
        var raw: String { folder["raw"] }

        init() throws {
            folder = try TemporaryFolder()
            try folder.write("raw/x", "")
            try folder.remove("raw/x")
            let first = try TarWriter.create(folder["raw/00000.tar"])
            try first.addDirectory("00000")
            try first.add("00000/a.jpg", [1])
            try first.add("00000/b \"ü\".jpg", [1, 2])
            try first.addSymbolicLink("00000/link.jpg", to: "a.jpg")
            try first.add("00000/a.jpg", [1, 2, 3])
            try first.add("x.jpg", [1, 2, 3, 4])
            try first.close()
            let second = try TarWriter.create(folder["raw/data_1.tar"])
            try second.add("x.jpg", [1, 2, 3, 4, 5])
            try second.add("deep/y.jpg", [])
            try second.close()
            try folder.write(
                "list.json",
                #"[{"image": "00000/a.jpg", "annotation": "data_1/x.jpg"}, "#
                    + #"{"image": "9/a \"b\".jpg", "annotation": "00000/a.jpg"}, "#
                    + #"{"image": "x.jpg"}]"#)
        }

        /// The files of the index of the shards and of the list.
        func files() throws -> [String] {
            try folder.names("raw/.redcaps").filter { $0.hasSuffix(".index") }.map {
                "raw/.redcaps/\($0)"
            }
        }

        func describe(_ options: String...) throws -> [String: Any] {
            let result = try run(try Redcaps.path(), ["index", raw, "--json"] + options)
            #expect(result.status == 0, "\(result.errors)")
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
            return try #require(object as? [String: Any])
        }
    }

    @Test("The members that are listed are those that were packed, under the paths that find them")
    func list() throws {
        let set = try Shards()
        for _ in 0..<2 {
            let lines = try Redcaps.lines("index", set.raw, "--list")
            let rows = lines.map { line in
                ["path", "shard", "offset", "size"].map { "\(line[$0] ?? "")" }
            }
            #expect(
                rows == [
                    ["00000/b \"ü\".jpg", "00000.tar", "2048", "2"],
                    ["00000/a.jpg", "00000.tar", "3584", "3"],
                    ["00000/x.jpg", "00000.tar", "4608", "4"],
                    ["x.jpg", "data_1.tar", "512", "5"],
                    ["deep/y.jpg", "data_1.tar", "1536", "0"],
                ])
        }
        let line = try set.describe()
        #expect(line["duplicates"] as? Int == 2)
        #expect(line["members"] as? Int == 8)
        #expect(line["built"] as? Bool == false)
    }

    @Test("A name that isn't UTF-8 is listed, and found from a list, as Python writes it")
    func bytesAsNames() throws {
        let folder = try TemporaryFolder()
        try folder.write("raw/a.tar", try Fixture.bytes("tars/invalid_utf8.tar"))
        let written = #""00000/\udcff\udcfe.jpg""#
        let listed = try Redcaps.run("index", folder["raw"], "--list").lines
        #expect(
            listed == [#"{"path": \#(written), "shard": "a.tar", "offset": 512, "size": 5}"#])
        try folder.write(
            "list.json",
            #"[{"image": \#(written), "annotation": \#(written)}, "#
                + #"{"image": \#(written), "annotation": "00000/\udcff\ud800.jpg"}]"#)
        let missing = try Redcaps.lines(
            "index", folder["raw"], "--data-path", folder["list.json"], "--list-missing")
        #expect(missing.map { $0["index"] as? Int } == [1])
    }

    @Test("What is wrong with a shard is said whatever is asked for")
    func failures() throws {
        let folder = try TemporaryFolder()
        try folder.write("raw/a.tar", "no tar")
        for options in [[], ["--list"], ["--json"]] {
            let result = try run(try Redcaps.path(), ["index", folder["raw"]] + options)
            #expect(result.status == 1)
            #expect(result.errors.contains("a.tar"))
        }
    }

    @Test("GNU tar's listing of large shards is the list's, member by member")
    func gnuTar() throws {
        guard let tar = findProgram("tar") else { return }
        let folder = try TemporaryFolder()
        for number in 0..<40 {
            try folder.write(
                "tree/\(number % 3)/\(number).jpg", String(repeating: "x", count: number))
        }
        try folder.write("raw/x", "")
        for shard in 0..<3 {
            let packed = try run(
                tar, ["-cf", folder["raw/\(shard).tar"], "\(shard)"], in: folder["tree"])
            #expect(packed.status == 0)
            let listing = try run(tar, ["-tf", folder["raw/\(shard).tar"]])
            let lines = try Redcaps.lines("index", folder["raw"], "--list")
            #expect(
                lines.filter { $0["shard"] as? String == "\(shard).tar" }
                    .map { $0["path"] as? String }
                    == listing.lines.filter { !$0.hasSuffix("/") })
        }
    }

    @Test("Samples are counted, and those without files are listed with both paths")
    func missing() throws {
        let set = try Shards()
        let line = try set.describe("--data-path", set.folder["list.json"])
        #expect(line["entries"] as? Int == 3)
        #expect(line["missing"] as? Int == 2)
        #expect(line["built"] as? Bool == true)
        #expect((line["index_paths"] as? [String])?.count == 3)
        let missing = try Redcaps.lines(
            "index", set.raw, "--data-path", set.folder["list.json"], "--list-missing")
        #expect(missing.map { $0["index"] as? Int } == [1, 2])
        #expect(missing.map { $0["image"] as? String } == ["9/a \"b\".jpg", "x.jpg"])
        #expect(missing.map { $0["annotation"] as? String } == ["00000/a.jpg", ""])
        let text = try Redcaps.run("index", set.raw, "--data-path", set.folder["list.json"])
        #expect(text.output.contains("3 samples, 2 without their files\n  .: 1\n  9: 1\n"))
        #expect(text.output.contains("\nopened in "))
    }

    @Test("--rebuild reads everything again, and gives the same files")
    func rebuild() throws {
        let set = try Shards()
        let options = ["--data-path", set.folder["list.json"]]
        #expect(try set.describe(options[0], options[1])["built"] as? Bool == true)
        let before = try set.files().map(set.folder.bytes)
        #expect(try set.describe(options[0], options[1])["built"] as? Bool == false)
        let line = try set.describe(options[0], options[1], "--rebuild")
        #expect(line["built"] as? Bool == true)
        #expect(try set.files().map(set.folder.bytes) == before)
        let size = before.reduce(0) { $0 + $1.count }
        #expect(line["index_bytes"] as? Int == size)
    }

    @Test("--check finds a damaged byte, or it was built anew before")
    func check() throws {
        let set = try Shards()
        let list = set.folder["list.json"]
        _ = try set.describe("--data-path", list, "--check")
        for file in try set.files() {
            let bytes = try set.folder.bytes(file)
            for place in [0, 9, 60] + stride(from: 100, to: bytes.count, by: 1111) {
                try set.folder.overwrite(file, at: place, [bytes[place] ^ 4])
                let result = try Redcaps.run(
                    "index", set.raw, "--data-path", list, "--check", "--json")
                if result.status == 0 {
                    #expect(result.output.contains("\"built\": true"), "\(file) \(place)")
                } else {
                    #expect(result.status == 1)
                    #expect(result.errors.contains(file), "\(result.errors)")
                    #expect(result.errors.contains("redcaps index --rebuild"))
                    let rebuilt = try Redcaps.run(
                        "index", set.raw, "--data-path", list, "--rebuild", "--check")
                    #expect(rebuilt.status == 0)
                }
                #expect(try set.folder.bytes(file) == bytes, "\(file) \(place)")
            }
        }
    }

    @Test("Of eight processes that open a new folder at once, all succeed and one builds")
    func eightAtOnce() throws {
        for options in [[], ["--data-path", "list.json"]] {
            let set = try Shards()
            let program = try Redcaps.path()
            let running = try (0..<8).map { _ in
                try RunningProgram(
                    program, ["index", "raw", "--json"] + options, in: set.folder.path)
            }
            var built = 0
            var answers: Set<String> = []
            for result in try running.map({ try $0.finish() }) {
                #expect(result.status == 0)
                #expect(result.errors.isEmpty)
                var line = try #require(
                    try JSONSerialization.jsonObject(with: Data(result.output.utf8))
                        as? [String: Any])
                built += line["built"] as? Bool == true ? 1 : 0
                for key in ["built", "seconds"] { line[key] = nil }
                answers.insert("\(line.sorted { $0.key < $1.key })")
            }
            #expect(answers.count == 1)
            #expect(built == 1)
            #expect(try set.folder.names("raw/.redcaps").allSatisfy { !$0.hasSuffix(".part") })
        }
    }

    @Test("A builder that is killed leaves nothing that others trip over")
    func killed() throws {
        let folder = try TemporaryFolder.inMemory()
        try folder.write("raw/x", "")
        // Enough members for a build that can be killed in the middle.
        for shard in 0..<8 {
            let writer = try TarWriter.create(folder["raw/\(shard).tar"])
            for member in 0..<10_000 { try writer.add("\(shard)/\(member).jpg", []) }
            try writer.close()
        }
        var leftovers = 0
        for attempt in 1...40 where leftovers < 3 {
            let builder = try RunningProgram(Redcaps.path(), ["index", folder["raw"]])
            usleep(UInt32(attempt * 4000))
            builder.signal(SIGKILL)
            _ = try builder.finish()
            guard FileManager.default.fileExists(atPath: folder["raw/.redcaps"]) else { continue }
            let names = try folder.names("raw/.redcaps")
            if names.contains(where: { $0.hasSuffix(".part") }) {
                leftovers += 1
            } else if names.contains("shards-1.index") {
                try folder.remove("raw/.redcaps")
                continue
            } else {
                continue
            }
            let result = try Redcaps.run("index", folder["raw"], "--json", "--check")
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("\"built\": true"))
            #expect(result.output.contains("\"members\": 80000"))
            #expect(
                try folder.names("raw/.redcaps") == ["lock", "members-1.index", "shards-1.index"])
            try folder.remove("raw/.redcaps")
        }
        #expect(leftovers > 0, "no builder was killed in the middle")
    }

    @Test("Beside data that can't be written to, the index is put into the user's cache directory")
    func readOnly() throws {
        let set = try Shards()
        let manager = FileManager.default
        for (path, mode) in [
            (set.folder.path, 0o755), (set.raw, 0o555), (set.folder["raw/00000.tar"], 0o444),
            (set.folder["raw/data_1.tar"], 0o444), (set.folder["list.json"], 0o444),
        ] {
            try manager.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        defer { try? manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: set.raw) }
        try set.folder.write("cache/x", "")
        try manager.setAttributes([.posixPermissions: 0o777], ofItemAtPath: set.folder["cache"])

        // The superuser may write everywhere, so it takes somebody else.
        var command = [
            try Redcaps.path(), "index", set.raw, "--data-path", set.folder["list.json"],
        ]
        if geteuid() == 0 {
            guard let setpriv = findProgram("setpriv") else { return }
            command = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"] + command
            guard try run(setpriv, Array(command[1...3]) + [Redcaps.path(), "--help"]).status == 0
            else { return }
        }
        func describe(_ cache: [String: String], _ options: String...) throws -> [String: Any] {
            let result = try run(
                command[0], Array(command[1...]) + ["--json"] + options, environment: cache)
            #expect(result.status == 0, "\(result.errors)")
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
            return try #require(object as? [String: Any])
        }
        let cache = ["XDG_CACHE_HOME": set.folder["cache"]]
        for built in [true, false] {
            let line = try describe(cache, "--check")
            #expect(line["built"] as? Bool == built)
            #expect(line["entries"] as? Int == 3)
            let paths = try #require(line["index_paths"] as? [String])
            #expect(paths.count == 3)
            #expect(paths.allSatisfy { $0.hasPrefix(set.folder["cache/redcaps/raw-"]) })
        }
        #expect(try set.folder.names("raw") == ["00000.tar", "data_1.tar"])
        // Without any place to write to, the index lives as long as the process.
        for _ in 0..<2 {
            let nowhere = ["XDG_CACHE_HOME": "/nowhere/at/all", "HOME": "/nowhere"]
            let line = try describe(nowhere)
            #expect(line["built"] as? Bool == true)
            #expect(line["members"] as? Int == 8)
            #expect(line["missing"] as? Int == 2)
        }
        // Once the folder can be written, its own index wins over the cache.
        try manager.setAttributes([.posixPermissions: 0o777], ofItemAtPath: set.raw)
        try manager.removeItem(atPath: set.folder["cache/redcaps"])
        let own = try describe(cache)
        #expect((own["index_paths"] as? [String])?.allSatisfy { $0.hasPrefix(set.raw) } == true)
    }

    @Test("A file in the way of the index's folder makes the cache directory its place")
    func fileInTheWay() throws {
        let set = try Shards()
        try set.folder.write("raw/.redcaps", "no folder")
        let result = try run(
            try Redcaps.path(), ["index", set.raw, "--json"],
            environment: ["XDG_CACHE_HOME": set.folder["cache"]])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains(set.folder["cache/redcaps/raw-"]))
    }
}
