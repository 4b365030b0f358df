import Foundation
import RedCapsTar
import TestSupport
import Testing

@Suite("redcaps extract")
struct ExtractTests {
    private func shards(_ count: Int, members: Int, bytes: Int = 0) throws -> TemporaryFolder {
        let folder = try TemporaryFolder.inMemory()
        try folder.write("out/x", "")
        try folder.remove("out/x")
        try folder.write("raw/x", "")
        for shard in 0..<count {
            let tar = try TarWriter.create(folder["raw/\(shard).tar"])
            for member in 0..<members {
                try tar.add(
                    "\(shard)/\(member).jpg",
                    Array(repeating: UInt8(member & 0xFF), count: bytes + member))
            }
            try tar.close()
        }
        return folder
    }

    @Test("One line of JSON tells what was done, and a second run finds it done")
    func json() throws {
        let folder = try shards(3, members: 50)
        for skipped in [0, 3] {
            let lines = try Redcaps.lines(
                "extract", folder["raw"], "--into", folder["out/tree"], "--json", "--jobs", "2")
            #expect(lines.count == 1)
            #expect(lines[0]["shards"] as? Int == 3)
            #expect(lines[0]["skipped"] as? Int == skipped)
            #expect(lines[0]["files"] as? Int == 150)
            #expect(lines[0]["bytes"] as? Int == 3 * 49 * 25)
            #expect(lines[0]["refused"] as? Int == 0)
        }
        let text = try Redcaps.run(
            "extract", folder["raw"], "--into", folder["out/tree"], "--forget")
        #expect(text.output.hasPrefix("3 of 3 shards in place (0 already were), 150 files"))
    }

    @Test("Slices as extract.py takes them: --end -1 means all, --shard every n-th of these")
    func slices() throws {
        let folder = try shards(5, members: 1)
        for (options, names) in [
            (["--start", "1", "--end", "-1"], ["1", "2", "3", "4"]),
            (["--end", "2"], ["0", "1"]), (["--shard", "1/2"], ["1", "3"]),
            (["--start", "1", "--end", "4", "--shard", "0/2"], ["1", "3"]),
        ] {
            let result = try run(
                Redcaps.path(), ["extract", folder["raw"], "--into", folder["out/tree"]] + options)
            #expect(result.status == 0, "\(result.errors)")
            #expect(try folder.names("out/tree") == names, "\(options)")
            try folder.remove("out/tree")
            try folder.remove("out/tree.extracting")
        }
        for options in [
            ["--end", "-2"], ["--shard", "2/2"], ["--shard", "1"], ["--shard", "-1/2"],
            ["--start", "-1"], ["--start", "3", "--end", "1"], ["--jobs", "0"],
        ] {
            let result = try run(
                Redcaps.path(), ["extract", folder["raw"], "--into", folder["out/t"]] + options)
            #expect(result.status == 2, "\(options)")
        }
        #expect(try folder.names("out") == [])
    }

    @Test("Refused members are told one by one on standard error, with exit code 1")
    func refused() throws {
        let folder = try shards(1, members: 1)
        var bytes = try folder.bytes("raw/0.tar")
        bytes[0] = UInt8(ascii: "/")
        bytes[148..<156] = ArraySlice("        ".utf8)
        let digits = String(bytes[..<512].reduce(0) { $0 + Int($1) }, radix: 8)
        bytes[148..<156] = ArraySlice("\(String("000000\(digits)".suffix(6)))\0 ".utf8)
        try folder.write("raw/bad.tar", bytes)
        let result = try Redcaps.run("extract", folder["raw"], "--into", folder["out/tree"])
        #expect(result.status == 1)
        #expect(result.output.contains("2 of 2 shards in place"))
        #expect(result.errors.contains("an absolute path; it isn't unpacked"))
        #expect(result.errors.contains("bad.tar"))
        #expect(try folder.names("out/tree/0") == ["0.jpg"])
    }

    @Test(
        "A run that is killed again and again ends with the whole tree, and never shows half a file"
    )
    func killed() throws {
        let folder = try shards(6, members: 2000, bytes: 1000)
        let program = try Redcaps.path()
        #expect(
            try Redcaps.run("extract", folder["raw"], "--into", folder["out/whole"]).status == 0)
        let whole = try Tree(folder["out/whole"], timesOfFolders: false)
        #expect(whole.rows.count == 6 * 2001)
        var unfinished = 0
        for attempt in 0..<12 {
            let running = try RunningProgram(
                program, ["extract", folder["raw"], "--into", folder["out/tree"], "--jobs", "3"])
            usleep(UInt32(10_000 + attempt * 7_919 % 60_000))
            running.signal(SIGKILL)
            if try running.finish().status != 0 { unfinished += 1 }
            guard FileManager.default.fileExists(atPath: folder["out/tree"]) else { continue }
            for (path, row) in try Tree(folder["out/tree"], timesOfFolders: false).rows
            where row.hasPrefix("file") {
                #expect(row == whole.rows[path], "\(path)")
            }
            if attempt % 4 == 3 {
                #expect(
                    try Redcaps.run("extract", folder["raw"], "--into", folder["out/tree"]).status
                        == 0)
                let tree = try Tree(folder["out/tree"], timesOfFolders: false)
                #expect(tree.differences(from: whole) == [])
                #expect(try folder.names("out/tree.extracting").count == 6)
                try folder.remove("out/tree")
                try folder.remove("out/tree.extracting")
            }
        }
        #expect(unfinished > 0, "no run was killed in the middle")
    }

    @Test("An interrupted run says so, and the next one goes on")
    func interrupted() throws {
        let folder = try shards(4, members: 4000, bytes: 500)
        let running = try RunningProgram(
            Redcaps.path(), ["extract", folder["raw"], "--into", folder["out/tree"]])
        usleep(40_000)
        running.signal(SIGINT)
        let result = try running.finish()
        if result.status != 0 {
            #expect(result.status == 75)
            #expect(result.errors.contains("cancelled"), "\(result.errors)")
            #expect(result.errors.contains("the same command goes on from here"))
        }
        let lines = try Redcaps.lines(
            "extract", folder["raw"], "--into", folder["out/tree"], "--json")
        #expect(lines[0]["files"] as? Int == 16_000)
    }

    // The thread sanitizer's own memory is a file that the limit cuts.
    @Test(
        "When the disk takes no more, that is the error, and nothing that is half there shows",
        .disabled(if: ProcessInfo.processInfo.environment["REDCAPS_SANITIZER"] == "thread"))
    func full() throws {
        let folder = try shards(1, members: 10, bytes: 1 << 20)
        // A limit on the length of files is what can be had without a disk of one's own.
        let script = """
            ulimit -f 100; trap '' XFSZ; exec "$0" extract "$1" --into "$2"
            """
        let result = try run(
            "/bin/sh", ["-c", script, Redcaps.path(), folder["raw"], folder["out/tree"]])
        #expect(result.status == 1)
        #expect(result.errors.contains("can't write"), "\(result.errors)")
        #expect(try folder.names("out/tree") == [])
        #expect(
            try Redcaps.run("extract", folder["raw"], "--into", folder["out/tree"]).status == 0)
        #expect(try folder.names("out/tree/0").count == 10)
    }

    @Test("A destination that can't be written is an error that names it")
    func readOnly() throws {
        let folder = try shards(1, members: 1)
        let result = try Redcaps.run("extract", folder["raw"], "--into", "/proc/here")
        #expect(result.status == 1)
        #expect(result.errors.contains("/proc/here"))
        let missing = try Redcaps.run("extract", folder["nowhere"], "--into", folder["out/tree"])
        #expect(missing.status == 1)
        #expect(missing.errors.contains(folder["nowhere"]))
        #expect(try folder.names("out") == [])
    }
}
