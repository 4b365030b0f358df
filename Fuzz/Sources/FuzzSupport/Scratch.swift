import Foundation

/// A folder of this process for the files that inputs are written to: in `REDCAPS_FUZZ_SCRATCH`,
/// which should be in memory.
package struct Scratch: Sendable {
    package let path: String

    package init() {
        let root = ProcessInfo.processInfo.environment["REDCAPS_FUZZ_SCRATCH"] ?? "/tmp"
        path = "\(root)/redcaps-fuzz-\(getpid())"
        _ = mkdir(path, 0o777)
        // What is built for the moment goes there, too.
        setenv("TMPDIR", path, 1)
    }

    package subscript(_ name: String) -> String { "\(path)/\(name)" }

    package func makeFolder(_ name: String) { _ = mkdir(self[name], 0o777) }

    /// Writes a file in place.
    package func write(_ name: String, _ bytes: [UInt8]) {
        let file = fopen(self[name], "w")
        check(file != nil, "can't write \(self[name])")
        guard let file else { return }
        let count = fwrite(bytes, 1, bytes.count, file)
        check(fclose(file) == 0 && count == bytes.count, "can't write \(self[name])")
    }

    package func read(_ path: String) -> [UInt8] {
        [UInt8]((try? Data(contentsOf: URL(filePath: path))) ?? Data())
    }

    package func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: self[folder])) ?? []).sorted()
    }

    package func remove(_ name: String) { _ = unlink(self[name]) }
}

/// Ends the process, which libFuzzer takes for a finding.
package func check(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fatalError(message()) }
}

/// Writes the first inputs of a target to the folder `REDCAPS_FUZZ_SEEDS`, if there is one.
package func plant(_ seeds: [[UInt8]]) {
    guard let folder = ProcessInfo.processInfo.environment["REDCAPS_FUZZ_SEEDS"] else { return }
    for (number, seed) in seeds.enumerated() {
        try? Data(seed).write(to: URL(filePath: "\(folder)/\(number)"))
    }
}
