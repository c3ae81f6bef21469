package import Logging
import Synchronization

/// What is logged at a level or above, kept instead of written.
package final class RecordedLog: Sendable {
    private let recorded = Mutex<[String]>([])
    private let level: Logger.Level

    package init(_ level: Logger.Level = .error) { self.level = level }

    /// Level, message and metadata of each line, oldest first.
    package var lines: [String] { recorded.withLock { $0 } }

    /// A logger that writes nothing and keeps its lines here.
    package var logger: Logger { Logger(label: "test") { _ in Handler(log: self, logLevel: level) } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var logLevel: Logger.Level
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = metadata.merging(event.metadata ?? [:]) { $1 }
            let line = "\(event.level): \(event.message)\(values.isEmpty ? "" : " \(values)")"
            log.recorded.withLock { $0.append(line) }
        }
    }
}
