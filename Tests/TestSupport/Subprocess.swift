import Foundation

/// What a finished program left.
package struct ProgramResult: Sendable {
    package let status: Int32
    package let output: String
    package let errors: String

    /// The output as lines, without the last empty one.
    package var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Runs a program to its end. Its output goes through files, so that no pipe can fill up.
package func run(
    _ program: String, _ arguments: [String], in folder: String? = nil,
    environment: [String: String] = [:]
) throws -> ProgramResult {
    let files = try TemporaryFolder()
    try files.write("output", "")
    try files.write("errors", "")
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let folder { process.currentDirectoryURL = URL(filePath: folder) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: files["output"]))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: files["errors"]))
    try process.run()
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: files[name])), as: UTF8.self)
    }
    return ProgramResult(
        status: process.terminationStatus, output: try text("output"), errors: try text("errors"))
}

/// Whether a program can be found in the usual places.
package func findProgram(_ name: String) -> String? {
    ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"].map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}
