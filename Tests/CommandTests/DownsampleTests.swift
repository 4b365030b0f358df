import Foundation
import RedCapsCore
import RedCapsImage
import TestSupport
import Testing

@Suite("redcaps downsample")
struct DownsampleTests {
    @Test("Shards that were downsampled load as before, and one line of JSON tells of them")
    func json() throws {
        let set = try DemoSet()
        let line = try #require(
            try Redcaps.lines(
                "downsample", set.raw, "--into", set.folder["small"], "--shortest-edge", "90",
                "--json"
            ).first)
        #expect(
            Set(line.keys) == [
                "images", "downsampled", "untouched", "broken", "others", "shards", "kept",
                "bytes_read", "bytes_written", "seconds", "images_per_second",
            ])
        #expect(line["images"] as? Int == 10)
        #expect(line["downsampled"] as? Int == 10)
        #expect(line["shards"] as? Int == 2)
        try set.edit("\"cap_folder\": \"raw\"", "\"cap_folder\": \"small\"")
        try set.edit("\"image_folder\": \"raw\"", "\"image_folder\": \"small\"")
        let digests = try run(
            try Redcaps.path(), ["digest", "--config", set.configuration, "--all"])
        #expect(digests.status == 0)
        #expect(digests.lines.count == 10)
    }

    @Test("A broken image is told on standard error and makes the exit code 1, every time")
    func broken() throws {
        let folder = try TemporaryFolder()
        let pixels = [UInt8](repeating: 100, count: 60 * 40 * 3)
        let jpeg = try JPEGEncoder().encode(PixelBuffer(width: 60, height: 40, pixels: pixels))
        try folder.write("in/good.jpg", jpeg)
        try folder.write("in/bad.jpg", jpeg.dropLast(30))
        for _ in 0..<2 {
            let result = try Redcaps.run(
                "downsample", folder["in"], "--into", folder["out"], "--shortest-edge", "20")
            #expect(result.status == 1)
            #expect(result.errors.contains("redcaps: bad.jpg: JPEG: the file ends before"))
            #expect(result.output.contains("1 broken"))
            #expect(try folder.names("out").filter { !$0.hasPrefix(".") } == ["good.jpg"])
        }
        let stopped = try Redcaps.run(
            "downsample", folder["in"], "--into", folder["stop"], "--shortest-edge", "20",
            "--on-error", "stop")
        #expect(stopped.status == 1)
        #expect(stopped.output.isEmpty)
        #expect(stopped.errors.contains("bad.jpg"))
    }

    @Test(
        "Arguments that make no sense exit with 2",
        arguments: [
            ["--shortest-edge", "0"], ["--shortest-edge", "20", "--quality", "101"],
            ["--shortest-edge", "20", "--jobs", "0"], ["--shortest-edge", "20", "--shard", "2/2"],
            ["--shortest-edge", "20", "--on-error", "shrug"], [],
            ["--shortest-edge", "20", "--sampling", "411"],
        ])
    func arguments(extra: [String]) throws {
        let folder = try TemporaryFolder()
        let result = try run(
            try Redcaps.path(), ["downsample", folder.path, "--into", folder["out"]] + extra)
        #expect(result.status == 2)
    }
}
