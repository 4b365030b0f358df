import Foundation
import TestSupport
import Testing

@Suite("redcaps digest")
struct DigestTests {
    private static let keys: Set<String> = [
        "position", "index", "used", "image", "source_size", "crop", "dropped", "u8_sha256",
        "px_sha256", "input_ids", "error",
    ]

    @Test("Lines follow the order that was asked for and always have every key")
    func order() throws {
        let set = try DemoSet()
        let config = set.configuration
        let chosen = try Redcaps.lines("digest", "--config", config, "--indices", "3,1,2")
        #expect(chosen.map { $0["index"] as? Int } == [3, 1, 2])
        #expect(chosen.map { $0["position"] as? Int } == [0, 1, 2])
        #expect(chosen.allSatisfy { Set($0.keys) == Self.keys })
        let first = try Redcaps.lines("digest", "--config", config, "--first", "4")
        #expect(first.map { $0["index"] as? Int } == [0, 1, 2, 3])
        let all = try Redcaps.lines("digest", "--config", config, "--all")
        #expect(all.count == 10)
    }

    @Test("The pixels' hash is that of 3 × S × S floats made of the square's bytes")
    func hashes() throws {
        let set = try DemoSet()
        let line = try #require(
            try Redcaps.lines("digest", "--config", set.configuration, "--first", "1").first
        )
        #expect(line["error"] is NSNull)
        #expect((line["u8_sha256"] as? String)?.count == 64)
        #expect((line["px_sha256"] as? String)?.count == 64)
        let crop = try #require(line["crop"] as? [Int])
        let size = try #require(line["source_size"] as? [Int])
        #expect(crop[2] - crop[0] == size.min())
        #expect(crop[3] - crop[1] == size.min())
    }

    @Test("The seed decides crops and dropped captions, in reference mode as CPython would")
    func seeds() throws {
        let set = try DemoSet()
        func crops(_ options: String...) throws -> [[Int]?] {
            let result = try TestSupport.run(
                Redcaps.path(),
                ["digest", "--config", set.configuration, "--all"] + options)
            return try result.lines.map { line in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
                return (object as? [String: Any])?["crop"] as? [Int]
            }
        }
        #expect(try crops("--seed", "1") == crops("--seed", "1"))
        #expect(try crops("--seed", "1") != crops("--seed", "2"))
        let stream = try crops("--reference", "--seed", "1")
        let reseeded = try crops("--reference", "--seed", "1", "--reseed-each")
        #expect(stream.first == reseeded.first)
        #expect(stream != reseeded)
    }

    @Test("A failing sample is reported as a line of nulls, replaced, or ends the run")
    func failures() throws {
        let set = try DemoSet()
        let config = set.configuration
        try Data("nonsense".utf8).write(to: URL(filePath: set.raw + "/00000.tar"))

        let reported = try Redcaps.lines(
            "digest", "--config", config, "--first", "1", "--on-error", "report")
        let line = try #require(reported.first)
        #expect(Set(line.keys) == Self.keys)
        #expect(line["index"] as? Int == 0)
        #expect(line["position"] as? Int == 0)
        #expect((line["error"] as? String)?.contains("00000.tar") == true)
        for key in Self.keys.subtracting(["index", "position", "error"]) {
            #expect(line[key] is NSNull, "\(key)")
        }

        let replaced = try Redcaps.lines("digest", "--config", config, "--first", "1")
        #expect(try #require(replaced.first?["used"] as? Int) >= 5)
        #expect(replaced.first?["index"] as? Int == 0)

        let stopped = try Redcaps.run(
            "digest", "--config", config, "--first", "1", "--on-error", "stop")
        #expect(stopped.status == 1)
        #expect(stopped.output.isEmpty)
    }
}
