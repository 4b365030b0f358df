import ArgumentParser
import Logging
import RedCapsBase

@main
struct RedCapsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redcaps",
        abstract: "Loads caption data sets for text-to-image training, straight from tar shards.",
        version: "0.1.0",
        subcommands: [
            LoadCommand.self, DigestCommand.self, IndexCommand.self, ExtractCommand.self,
            PackCommand.self, DownsampleCommand.self, VerifyCommand.self, TokenizeCommand.self,
            DemoDataCommand.self,
        ])

    private static var verbs: [String] {
        configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    /// Exit codes are those of `ExitStatus`; errors are one line. Nothing here is asynchronous: where
    /// few threads may run, Swift's own would be waited for without end.
    static func main() {
        LoggingSystem.bootstrap { _ in TerseLogHandler() }
        ProcessMemory.keepSmall()
        do {
            do {
                try Suggestion.check(CommandLine.arguments.dropFirst(), verbs: verbs)
                var command = try parseAsRoot()
                try command.run()
            } catch  where exitCode(for: error) == .success {
                try StandardOutput.print(message(for: error))
            }
        } catch {
            let text = message(for: error)
            if !text.isEmpty { Terminal.complain(text) }
            Self.exit(withError: ExitStatus.code(of: error, exitCode(for: error)))
        }
    }
}

/// Writes warnings and errors to standard error, a line each.
struct TerseLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        Terminal.show("\(event.level): \(event.message)\n")
    }
}
