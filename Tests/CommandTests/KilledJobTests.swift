import Foundation
import RedCapsCore
import RedCapsImage
import RedCapsTar
import TestSupport
import Testing

@Suite("redcaps: jobs that are killed")
struct KilledJobTests {
    /// A verb over `in`, and what its JSON calls work of earlier runs.
    struct Verb: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let arguments: [String]
        let kept: String?

        static let all = [
            Verb(
                testDescription: "pack",
                arguments: ["pack", "in/0.tar", "--samples-per-shard", "2"],
                kept: "kept"),
            Verb(testDescription: "extract", arguments: ["extract", "in"], kept: "skipped"),
            Verb(
                testDescription: "downsample",
                arguments: ["downsample", "in", "--shortest-edge", "20"], kept: "kept"),
            Verb(testDescription: "verify", arguments: ["verify", "in"], kept: nil),
        ]
    }

    private func shards() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("in/x", "")
        try folder.remove("in/x")
        let pixels = [UInt8](repeating: 90, count: 120 * 80 * 3)
        let jpeg = try JPEGEncoder().encode(PixelBuffer(width: 120, height: 80, pixels: pixels))
        for shard in 0..<4 {
            let tar = try TarWriter.create(folder["in/\(shard).tar"])
            for number in 0..<200 {
                try tar.add("\(shard)/\(number).jpg", jpeg)
                try tar.add("\(shard)/\(number).json", Array("{}".utf8))
            }
            try tar.close()
        }
        return folder
    }

    private func files(_ folder: TemporaryFolder, _ name: String) throws -> [String: String] {
        guard FileManager.default.fileExists(atPath: folder[name]) else { return [:] }
        return try Tree(folder[name], timesOfFolders: false).rows
            .filter { !$0.key.contains(".redcaps") && $0.value.hasPrefix("file") }
            .mapValues { String($0.split(separator: " ").last ?? "") }
    }

    @Test(
        "A run that is killed is finished by the next, as if nothing had been", arguments: Verb.all)
    func killed(_ verb: Verb) throws {
        let folder = try shards()
        let program = try Redcaps.path()
        func arguments(_ output: String) -> [String] {
            verb.arguments + (verb.kept == nil ? [] : ["--into", output]) + ["--json"]
        }
        let whole = try run(program, arguments("whole"), in: folder.path)
        #expect(whole.status == 0, "\(whole.errors)")
        for milliseconds in [5, 30, 80] {
            let running = try RunningProgram(program, arguments("out"), in: folder.path)
            usleep(UInt32(milliseconds * 1000))
            running.signal(SIGKILL)
            _ = try running.finish()
            let undisturbed = try files(folder, "whole")
            for (path, hash) in try files(folder, "out") where !path.hasSuffix(".part") {
                #expect(undisturbed[path] == hash, "\(path)")
            }
        }
        let last = try run(program, arguments("out"), in: folder.path)
        #expect(last.status == 0, "\(last.errors)")
        #expect(try files(folder, "out") == files(folder, "whole"))
        guard let key = verb.kept else { return }
        let again = try run(program, arguments("out"), in: folder.path)
        let object = try JSONSerialization.jsonObject(with: Data(again.output.utf8))
        let line = try #require(object as? [String: Any])
        #expect(line[key] as? Int == line["shards"] as? Int)
    }
}
