import Foundation
import TestSupport
import Testing

@Suite("redcaps and its exit codes")
struct ExitCodeTests {
    @Test(
        "Output that can't be written is an error of every verb that prints",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")),
        arguments: [
            ["digest", "--config", "redcaps5m.json", "--all"],
            ["digest", "--config", "redcaps5m.json", "--batches", "1", "--batch-size", "2"],
            ["index", "raw"], ["index", "raw", "--list"], ["index", "raw", "--json"],
            ["load", "--config", "redcaps5m.json", "--batches", "1", "--batch-size", "2"],
            [
                "load", "--config", "redcaps5m.json", "--batches", "1", "--batch-size", "2",
                "--json",
            ],
            ["verify", "raw"], ["extract", "raw", "--into", "out"],
            ["pack", "raw", "--into", "new"],
            ["downsample", "raw", "--into", "small", "--shortest-edge", "90"],
            ["demo-data", "other", "--samples", "2", "--shortest-edge", "90"], ["load", "--help"],
            ["--version"],
        ])
    func full(arguments: [String]) throws {
        let set = try DemoSet()
        // The shell opens the device; nothing of the arguments means anything to it.
        let result = try run(
            "/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/full", Redcaps.path()] + arguments,
            in: set.folder.path)
        #expect(result.status == 1)
        #expect(
            result.errors.contains("redcaps: standard output: can't write: No space left on device")
        )
    }

    @Test("No batch at all is a failure that says why")
    func nothing() throws {
        let set = try DemoSet()
        try set.edit("\"batch_size\": 32", "\"drop_last\": true, \"batch_size\": 32")
        let load = ["load", "--config", set.configuration, "--sampler", "epochs"]
        for (arguments, reason) in [
            (["--batch-size", "11"], "the order has 10 samples, a batch of all ranks 11"),
            (["--batch-size", "2", "--first-batch", "5"], "the order ends after 10 samples"),
            (["--batch-size", "2", "--batches", "2", "--skip-batches", "0-9"], "no batches: "),
        ] {
            let result = try run(Redcaps.path(), load + arguments)
            #expect(result.status == 1)
            #expect(result.errors.contains(reason), "\(result.errors)")
        }
        let digest = try run(
            Redcaps.path(),
            [
                "digest", "--config", set.configuration, "--batches", "1", "--batch-size", "11",
                "--sampler", "epochs",
            ])
        #expect(digest.status == 1)
        #expect(digest.errors.contains("no batches: "))
    }

    @Test(
        "A load by few threads ends, one way or another",
        .enabled(
            if: getuid() == 0 && findProgram("setpriv") != nil && findProgram("prlimit") != nil))
    func fewThreads() throws {
        let set = try DemoSet()
        #expect(try Redcaps.run("index", set.raw).status == 0)
        _ = try run("/bin/chmod", ["-R", "a+rwX", set.folder.path])
        let program = try run(
            "/usr/bin/timeout",
            [
                "-k", "1", "60", findProgram("setpriv") ?? "", "--reuid=61239", "--regid=61239",
                "--clear-groups", findProgram("prlimit") ?? "", "--nproc=3", Redcaps.path(), "load",
                "--config", set.configuration, "--batch-size", "2", "--batches", "1", "--workers",
                "1",
            ])
        #expect(program.status != 124 && program.status != 137)
    }

    @Test("The version is told")
    func version() throws {
        let result = try Redcaps.run("--version")
        #expect(result.status == 0)
        #expect(result.output == "0.1.0\n")
    }
}
