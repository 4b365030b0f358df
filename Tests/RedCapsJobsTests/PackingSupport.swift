import RedCapsJobs
import Foundation
import RedCapsTar
import TestSupport

extension Packing {
    /// Packs with options that are right.
    @discardableResult
    static func pack(
        _ inputs: String..., into raw: String, _ sharding: Sharding = .automatic, jobs: Int = 2,
        list: String? = nil
    ) throws -> Report {
        try Packing(
            inputs, into: raw, options: Options(sharding: sharding, jobs: jobs, manifest: list)
        ).run()
    }
}

/// A tree of samples whose files are made in an order that the seed decides.
func writeTree(
    _ folder: TemporaryFolder, _ name: String = "tree", samples: Int = 40, folders: Int = 2,
    prefix: String = "0000", seed: UInt64 = 1
) throws {
    var files: [(String, String)] = []
    for number in 0..<samples {
        let path = "\(name)/\(prefix)\(number % folders)/sample-\(number)"
        files.append(("\(path).jpg", String(repeating: "photo \(number) ", count: number * 20)))
        files.append(("\(path).json", #"{"caption": "number \#(number)"}"#))
    }
    var state = seed
    for last in files.indices.reversed().dropLast() {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        files.swapAt(last, Int((state >> 33) % UInt64(last + 1)))
    }
    for (path, text) in files { try folder.write(path, text) }
}

/// Everything that lies right in a folder, hidden files too, with its bytes.
func contents(_ folder: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        contents[name] = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
    }
    return contents
}

/// The list of samples as pairs.
func listedPairs(_ file: String) throws -> [[String]] {
    let entries = try JSONDecoder().decode(
        [[String: String]].self, from: Data(contentsOf: URL(filePath: file)))
    return entries.map { [$0["image"] ?? "", $0["annotation"] ?? ""] }
}
