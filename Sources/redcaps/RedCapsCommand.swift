import ArgumentParser
import Logging
import RedCapsBase

@main
struct RedCapsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redcaps",
        abstract: "Loads caption data sets for text-to-image training, straight from tar shards.",
        subcommands: [
            LoadCommand.self, DigestCommand.self, IndexCommand.self, ExtractCommand.self,
            PackCommand.self, DownsampleCommand.self, VerifyCommand.self, TokenizeCommand.self,
            DemoDataCommand.self,
        ])

    /// Exit codes are 0, 1 for anything that failed and 2 for wrong arguments; errors are one line.
    static func main() async {
        LoggingSystem.bootstrap { _ in TerseLogHandler() }
        ProcessMemory.keepSmall()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            switch exitCode(for: error) {
            case .success:
                print(message(for: error))
            case .validationFailure:
                Terminal.complain(message(for: error))
                Self.exit(withError: ExitCode(2))
            default:
                let text = message(for: error)
                if !text.isEmpty { Terminal.complain(text) }
                Self.exit(withError: ExitCode(1))
            }
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
