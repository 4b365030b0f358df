import Logging
import RedCapsBase

/// Keeps what is logged.
final class LogBook: Sendable {
    private let entries = ConditionLock<[String]>([])

    var lines: [String] { entries.update { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Page { [self] line in entries.update { $0.append(line) } } }
    }

    private struct Page: LogHandler {
        let write: @Sendable (String) -> Void
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { write("\(event.message)") }
    }
}
