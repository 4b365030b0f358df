import Foundation

/// What a finished program left.
package struct ProgramResult: Sendable {
    package let status: Int32
    package let output: String
    package let errors: String

    package init(status: Int32, output: String, errors: String) {
        (self.status, self.output, self.errors) = (status, output, errors)
    }

    /// The output as lines, without the last empty one.
    package var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A program that runs. Its output goes through files, so that no pipe can fill up.
package final class RunningProgram {
    private let files: TemporaryFolder
    private let process = Process()

    package init(
        _ program: String, _ arguments: [String], in folder: String? = nil,
        environment: [String: String] = [:]
    ) throws {
        files = try TemporaryFolder()
        try files.write("output", "")
        try files.write("errors", "")
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: files["output"]))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: files["errors"]))
        try process.run()
    }

    /// Sends a signal.
    package func signal(_ number: Int32) { _ = kill(process.processIdentifier, number) }

    /// Waits for the program's end.
    package func finish() throws -> ProgramResult {
        process.waitUntilExit()
        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(filePath: files[name])), as: UTF8.self)
        }
        return ProgramResult(
            status: process.terminationStatus, output: try text("output"),
            errors: try text("errors"))
    }
}

/// Runs a program to its end.
package func run(
    _ program: String, _ arguments: [String], in folder: String? = nil,
    environment: [String: String] = [:]
) throws -> ProgramResult {
    try RunningProgram(program, arguments, in: folder, environment: environment).finish()
}

/// Whether a program can be found in the usual places.
package func findProgram(_ name: String) -> String? {
    ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"].map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}
