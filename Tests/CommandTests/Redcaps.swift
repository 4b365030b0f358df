import Foundation
import RedCapsFixtures
import TestSupport
import Testing

/// The `redcaps` executable that was built beside the tests.
enum Redcaps {
    static func run(_ arguments: String..., in folder: String? = nil) throws -> ProgramResult {
        try TestSupport.run(try path(), arguments, in: folder).withoutDebugNote
    }

    /// Runs it, expects success and reads each line of output as a JSON object.
    static func lines(_ arguments: String...) throws -> [[String: Any]] {
        let result = try TestSupport.run(try path(), arguments)
        #expect(result.status == 0, "\(result.errors)")
        return try result.lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    static func path() throws -> String {
        let bundle = try #require(CommandLine.arguments.first { $0.contains(".xctest") })
        let end = try #require(bundle.range(of: ".xctest")).lowerBound
        return URL(filePath: String(bundle[..<end])).deletingLastPathComponent()
            .appending(path: "redcaps").path()
    }
}

/// A small data set on disk.
struct DemoSet {
    let folder: TemporaryFolder
    let configuration: String
    let raw: String

    init(samples: Int = 10, imageSize: Int = 64) throws {
        folder = try TemporaryFolder()
        let written = try FixtureDataset(
            samples: samples, shards: 2, shortestEdge: 96, imageSize: imageSize
        ).write(to: folder.path)
        (configuration, raw) = (written.configuration, written.raw)
    }

    /// Rewrites the configuration after replacing some of its text.
    func edit(_ old: String, _ new: String) throws {
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
        #expect(text.contains(old))
        try text.replacing(old, with: new).write(
            toFile: configuration, atomically: true, encoding: .utf8)
    }
}

extension ProgramResult {
    /// Without what only a debug build says.
    var withoutDebugNote: ProgramResult {
        let lines = errors.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("warning: this is a debug build") }
        return ProgramResult(status: status, output: output, errors: lines.joined(separator: "\n"))
    }
}
