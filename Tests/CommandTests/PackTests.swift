import Foundation
import TestSupport
import Testing

@Suite("redcaps pack")
struct PackTests {
    @Test("One line of JSON has exactly these keys; a second run keeps the shards")
    func json() throws {
        let set = try DemoSet()
        func pack() throws -> [String: Any] {
            let lines = try Redcaps.lines(
                "pack", set.raw + "/00000.tar", set.raw + "/00001.tar", "--into",
                set.folder["packed"], "--json")
            #expect(lines.count == 1)
            return try #require(lines.first)
        }
        let first = try pack()
        #expect(
            Set(first.keys) == [
                "shards", "samples", "files", "bytes", "unpaired", "hidden", "replaced",
                "below_shard_names", "kept", "seconds",
            ])
        #expect(first["shards"] as? Int == 2)
        #expect(first["samples"] as? Int == 10)
        #expect(first["files"] as? Int == 20)
        #expect(first["unpaired"] as? Int == 0)
        #expect(first["kept"] as? Int == 0)
        #expect(try #require(first["bytes"] as? Int) > 10_000)
        #expect(try pack()["kept"] as? Int == 2)
    }

    @Test("What is packed gives the samples that the old tars gave, by its own list")
    func digest() throws {
        let set = try DemoSet()
        let arguments = ["digest", "--config", set.configuration, "--all"]
        let before = try run(try Redcaps.path(), arguments)
        #expect(before.lines.count == 10)
        let packed = try Redcaps.run(
            "pack", set.raw + "/00001.tar", set.raw + "/00000.tar", "--into", set.folder["packed"],
            "--samples-per-shard", "3")
        #expect(packed.status == 0, "\(packed.errors)")
        #expect(packed.output.hasPrefix("4 shards (0 kept), 10 samples, 20 files, "))
        #expect(packed.errors.isEmpty)  // no progress bar: nobody is looking
        try set.edit("\"cap_folder\": \"raw\"", "\"cap_folder\": \"packed\"")
        try set.edit("\"image_folder\": \"raw\"", "\"image_folder\": \"packed\"")
        try set.edit("redcaps5m_data.json", "packed/data.json")
        let after = try run(try Redcaps.path(), arguments)
        #expect(after.output == before.output)
    }

    @Test("Samples that aren't whole are packed and told, on standard error")
    func unpaired() throws {
        let folder = try TemporaryFolder()
        for name in ["a.jpg", "a.json", "b.jpg", "c.json"] {
            try folder.write("tree/\(name)", "{}")
        }
        let result = try Redcaps.run("pack", folder["tree"], "--into", folder["raw"], "--json")
        #expect(result.status == 0)
        #expect(result.output.contains("\"unpaired\": 2,"))
        #expect(
            result.errors
                == "redcaps: 2 samples without an image or its annotation aren't listed, the first is b.jpg\n"
        )
    }

    @Test(
        "Wrong arguments end with code 2",
        arguments: [
            ["tree"], ["--into", "raw"], ["tree", "--into", "raw", "--samples-per-shard", "0"],
            ["tree", "--into", "raw", "--bytes-per-shard", "0"],
            ["tree", "--into", "raw", "--bytes-per-shard", "-1"],
            ["tree", "--into", "raw", "--jobs", "0"],
            ["tree", "--into", "raw", "--bytes-per-shard", "9", "--samples-per-shard", "9"],
        ])
    func wrong(arguments: [String]) throws {
        let result = try run(try Redcaps.path(), ["pack"] + arguments)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("redcaps: "))
    }

    @Test("A failure is one line on standard error and code 1")
    func failing() throws {
        let folder = try TemporaryFolder()
        try folder.write("tree/x.jpg", "x")
        try folder.write("raw/old.tar", "x")
        let result = try Redcaps.run("pack", folder["tree"], "--into", folder["raw"])
        #expect(result.status == 1)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("redcaps: \(folder["raw"]): holds old.tar, which"))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test("A run that was killed is finished by the next, to the same bytes")
    func killed() throws {
        let folder = try TemporaryFolder()
        for number in 0..<1500 {
            try folder.write("tree/\(number / 10)/\(number).jpg", "photo \(number)")
            try folder.write("tree/\(number / 10)/\(number).json", "{}")
        }
        let arguments = ["pack", folder["tree"], "--samples-per-shard", "5", "--into"]
        #expect(try run(try Redcaps.path(), arguments + [folder["whole"]]).status == 0)
        let process = Process()
        process.executableURL = URL(filePath: try Redcaps.path())
        process.arguments = arguments + [folder["raw"]]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let files = FileManager.default
        while process.isRunning {
            let shards = (try? files.contentsOfDirectory(atPath: folder["raw"])) ?? []
            if shards.count > 20 { kill(process.processIdentifier, SIGKILL) }
            usleep(1000)
        }
        #expect(process.terminationReason == .uncaughtSignal)
        let left = try files.contentsOfDirectory(atPath: folder["raw"])
        let line = try #require(
            try Redcaps.lines(
                "pack", folder["tree"], "--samples-per-shard", "5", "--into", folder["raw"],
                "--json"
            ).first)
        #expect(line["kept"] as? Int == left.count { !$0.hasPrefix(".") })
        #expect(line["shards"] as? Int == 300)
        let diff = try run("/usr/bin/diff", ["-r", folder["raw"], folder["whole"]])
        #expect(diff.status == 0, "\(diff.output)")
    }

    @Test("An interrupted run tidies up before it ends")
    func interrupted() throws {
        let folder = try TemporaryFolder()
        try folder.write("tree/x.jpg", "photo")
        for number in 0..<3000 {
            _ = FileManager.default.createFile(
                atPath: folder["tree/\(number).jpg"], contents: Data())
        }
        let process = Process()
        process.executableURL = URL(filePath: try Redcaps.path())
        process.arguments = [
            "pack", folder["tree"], "--samples-per-shard", "1", "--into", folder["raw"],
        ]
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        while process.isRunning && !FileManager.default.fileExists(atPath: folder["raw/00009.tar"])
        { usleep(1000) }
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 75)
        let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
        #expect(
            ProgramResult(status: 75, output: "", errors: text).withoutDebugNote.errors
                == "redcaps: \(folder["raw"]): interrupted; the same command goes on from here\n")
        let left = try FileManager.default.contentsOfDirectory(atPath: folder["raw"])
        #expect(left.count >= 10 && left.count < 3000)
        #expect(left.allSatisfy { !$0.hasPrefix(".") })
    }
}
