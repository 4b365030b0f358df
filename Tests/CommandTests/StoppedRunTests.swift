import Foundation
import RedCapsImage
import RedCapsTar
import TestSupport
import Testing

@Suite("redcaps: runs that a signal stops")
struct StoppedRunTests {
    /// Waits until a file holds something.
    private func wait(for file: String) {
        for _ in 0..<6000 where (try? Data(contentsOf: URL(filePath: file)).isEmpty) ?? true {
            usleep(10_000)
        }
    }

    @Test(
        "Without a state, load ends with 128 and the signal's number, and prints its summary",
        arguments: [SIGINT, SIGTERM])
    func load(signal: Int32) throws {
        let set = try DemoSet(imageSize: 16)
        let ledger = set.folder["ledger.jsonl"]
        let program = try RunningProgram(
            try Redcaps.path(),
            [
                "load", "--config", set.configuration, "--batch-size", "2", "--batches",
                "100000000", "--ledger", ledger, "--json",
            ])
        wait(for: ledger)
        program.signal(signal)
        let result = try program.finish().withoutDebugNote
        #expect(result.status == 128 + signal)
        #expect(result.output.contains("\"samples_per_second\": "))
        #expect(result.errors.hasPrefix("redcaps: interrupted after "), "\(result.errors)")
        #expect(result.errors.hasSuffix(" batches\n"), "\(result.errors)")
    }

    @Test("A stopped run over damaged shards tells both, and that another goes on")
    func damaged() throws {
        let set = try DemoSet(imageSize: 16)
        try Data("nonsense".utf8).write(to: URL(filePath: set.raw + "/00001.tar"))
        let state = set.folder["state.json"]
        let program = try RunningProgram(
            try Redcaps.path(),
            [
                "load", "--config", set.configuration, "--batch-size", "2", "--batches",
                "100000000", "--max-failures", "100000000", "--save-state", state,
            ])
        wait(for: state)
        program.signal(SIGTERM)
        let result = try program.finish()
        #expect(result.status == 75, "\(result.errors)")
        #expect(result.errors.contains("00001.tar"))
        #expect(result.errors.contains("; --resume \(state) goes on from here"))
    }

    @Test("A stopped downsampling tells the shards that are lost, and the next run goes on")
    func downsample() throws {
        let folder = try TemporaryFolder()
        try folder.write("in/0.tar", "nonsense")
        let pixels = [UInt8](repeating: 90, count: 400 * 300 * 3)
        let jpeg = try JPEGEncoder().encode(PixelBuffer(width: 400, height: 300, pixels: pixels))
        for shard in 1..<200 {
            let tar = try TarWriter.create(folder["in/\(shard).tar"])
            for number in 0..<20 { try tar.add("\(shard)/\(number).jpg", jpeg) }
            try tar.close()
        }
        let arguments = [
            "downsample", folder["in"], "--into", folder["out"], "--shortest-edge", "20", "--jobs",
            "1",
        ]
        let program = try RunningProgram(try Redcaps.path(), arguments)
        wait(for: folder["out/1.tar"])
        program.signal(SIGTERM)
        let result = try program.finish()
        #expect(result.status == 75, "\(result.errors)")
        #expect(
            result.errors.contains(
                "redcaps: \(folder["out"]): interrupted; the same command goes on from here\n"))
        #expect(result.errors.contains("0.tar"))
        try folder.remove("in/0.tar")
        #expect(try run(Redcaps.path(), arguments).status == 0)
    }

    @Test(
        "A verb that waits for its input is ended by the signal, which a shell calls 143",
        arguments: [
            ["load", "--config", "pipe"], ["digest", "--config", "pipe", "--all"],
            ["tokenize", "--tokenizer", Fixture.path("tokenizers/qwen2.json"), "--file", "pipe"],
        ])
    func waiting(arguments: [String]) throws {
        let folder = try TemporaryFolder()
        let script = """
            mkfifo pipe; "$0" "$@" & sleep 0.3; kill -TERM $!; wait $!; exit $?
            """
        let result = try run(
            "/bin/sh", ["-c", script, Redcaps.path()] + arguments, in: folder.path)
        #expect(result.status == 143, "\(result.errors)")
    }
}
