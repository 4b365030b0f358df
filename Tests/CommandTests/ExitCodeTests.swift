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

    @Test("A run that is resumed at the end of its order says so")
    func through() throws {
        let set = try DemoSet(imageSize: 16)
        let state = set.folder["state.json"]
        let load = [
            "load", "--config", set.configuration, "--sampler", "sequential", "--batch-size", "4",
            "--save-state", state,
        ]
        #expect(try run(Redcaps.path(), load).status == 0)
        let again = try run(Redcaps.path(), load + ["--resume", state])
        #expect(again.status == 1)
        #expect(again.errors.contains("no batches: the run is through"), "\(again.errors)")
        let rank = try run(
            Redcaps.path(), Array(load.dropLast(2)) + ["--rank", "10", "--world-size", "11"])
        #expect(rank.status == 1)
        #expect(rank.errors.contains("the order has none for rank 10 of 11"), "\(rank.errors)")
    }

    private static let canLimit =
        getuid() == 0 && findProgram("setpriv") != nil && findProgram("prlimit") != nil

    /// Runs it as a user who may have no more than so many threads.
    private func limited(
        _ threads: Int, user: Int, _ arguments: [String], in folder: String
    ) throws -> ProgramResult {
        try run(
            "/usr/bin/timeout",
            [
                "-k", "1", "60", findProgram("setpriv") ?? "", "--reuid=\(user)",
                "--regid=\(user)", "--clear-groups", findProgram("prlimit") ?? "",
                "--nproc=\(threads)", Redcaps.path(),
            ] + arguments, in: folder)
    }

    @Test(
        "Where few threads may run, no verb hangs or crashes", .enabled(if: canLimit),
        arguments: [1, 2, 3])
    func fewThreads(threads: Int) throws {
        let set = try DemoSet(imageSize: 16)
        #expect(try Redcaps.run("index", set.raw).status == 0)
        let user = 61240 + threads
        // Another user may not get at the program.
        guard try limited(100, user: user, ["--version"], in: "/").status == 0 else { return }
        for verb in [
            ["index", "raw", "--rebuild"],
            ["verify", "raw", "--data-path", "redcaps5m_data.json", "--deep"],
            ["pack", "raw", "--into", "packed"], ["extract", "raw", "--into", "tree"],
            ["downsample", "raw", "--into", "small", "--shortest-edge", "90"],
            ["demo-data", "other", "--samples", "2", "--shortest-edge", "90"],
            ["digest", "--config", "redcaps5m.json", "--all"],
            ["load", "--config", "redcaps5m.json", "--batches", "1", "--engine", "bare"],
        ] {
            _ = try run("/bin/chmod", ["-R", "a+rwX", set.folder.path])
            let result = try limited(threads, user: user, verb, in: set.folder.path)
            #expect(result.status == 0, "\(verb): \(result.errors)")
        }
        let load = [
            "load", "--config", "redcaps5m.json", "--batch-size", "2", "--batches", "2",
            "--workers", "4",
        ]
        let result = try limited(threads, user: user, load, in: set.folder.path)
        #expect(result.status == (threads == 1 ? 1 : 0))
        let words = threads == 1 ? "can't start a worker thread" : "\(threads - 1) of 4 workers"
        #expect(result.errors.contains(words), "\(result.errors)")
    }

    @Test("The version is told")
    func version() throws {
        let result = try Redcaps.run("--version")
        #expect(result.status == 0)
        #expect(result.output == "0.1.0\n")
    }
}
