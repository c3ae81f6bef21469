package import Logging
import Synchronization

/// The errors that services have logged.
package final class ErrorLog: Sendable {
    private let lines = Mutex<[String]>([])

    package init() {}

    /// What was logged as an error or worse, oldest first, with its metadata.
    package var errors: [String] { lines.withLock { $0 } }

    /// A logger that writes nothing and keeps errors here.
    package var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: ErrorLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.error

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard event.level >= .error else { return }
            let line = "\(event.message) \(metadata) \(event.metadata ?? [:])"
            log.lines.withLock { $0.append(line) }
        }
    }
}
