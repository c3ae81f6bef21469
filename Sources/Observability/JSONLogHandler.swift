import JSONCoding
package import Logging
package import Primitives

/// A swift-log handler that writes one JSON object a line: `time`, `level`, `logger`, `message`, then the metadata.
package struct JSONLogHandler: LogHandler {
    /// Metadata of the logger, on every line.
    package var metadata: Logger.Metadata = [:]
    /// Adds metadata of the moment.
    package var metadataProvider: Logger.MetadataProvider?
    /// Lines below it are not written. That of all loggers, unless one has its own.
    package var logLevel: Logger.Level {
        get { ownLevel ?? shared?.level ?? .info }
        set { ownLevel = newValue }
    }

    private let label: String
    private let shared: SharedLogLevel?
    private var ownLevel: Logger.Level?
    private let sampler: LogSampler?
    private let output: LineOutput
    private let clock: any WallClock

    /// A handler whose level can change while the process runs.
    /// - Parameter sampler: Leaves out repeated lines; nil to write all.
    package init(
        label: String, level: SharedLogLevel, sampler: LogSampler? = nil, output: LineOutput = .standardOutput,
        clock: any WallClock = SystemClock()
    ) {
        self.label = label
        shared = level
        self.sampler = sampler
        self.output = output
        self.clock = clock
    }

    /// - Parameters:
    ///   - label: The logger's label, written as `logger`.
    ///   - level: Lines below it are not written.
    package init(
        label: String, level: Logger.Level, output: LineOutput = .standardOutput, clock: any WallClock = SystemClock()
    ) {
        self.label = label
        ownLevel = level
        shared = nil
        sampler = nil
        self.output = output
        self.clock = clock
    }

    /// One entry of the metadata.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line, unless it was written too often.
    package func log(event: LogEvent) {
        let message = event.message.description
        if let sampler {
            let decision = sampler.decide(event.level, label: label, message: message) { [output, clock] summary in
                Self.write(summary, to: output, at: clock.now())
            }
            if decision == .leaveOut { return }
        }
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
        if let given = event.metadata { merged.merge(given) { _, new in new } }
        Self.write(event.level, label: label, message, merged, to: output, at: clock.now())
    }

    /// Writes what a sampler has left out, for instance at the end of the process.
    package static func write(
        _ summary: LogSampler.Summary, to output: LineOutput = .standardOutput, at time: Timestamp
    ) {
        write(
            summary.level, label: summary.label, "Repeated lines were left out",
            ["repeatedMessage": "\(summary.message)", "lines": "\(summary.count)"], to: output, at: time)
    }

    private static func write(
        _ level: Logger.Level, label: String, _ message: String, _ metadata: Logger.Metadata, to output: LineOutput,
        at time: Timestamp
    ) {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.key("time")
        writer.timestamp(time)
        writer.key("level")
        writer.string(level.rawValue)
        writer.key("logger")
        writer.string(label)
        writer.key("message")
        LogText.write(message, to: &writer)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            writer.key(key)
            Self.write(value, to: &writer)
        }
        writer.endObject()
        output.write(line: writer.bytes)
    }

    private static func write(_ value: Logger.Metadata.Value, to writer: inout JSONWriter) {
        switch value {
        case .string(let text): LogText.write(text, to: &writer)
        case .stringConvertible(let convertible): LogText.write(convertible.description, to: &writer)
        case .array(let values):
            writer.beginArray()
            for value in values { write(value, to: &writer) }
            writer.endArray()
        case .dictionary(let dictionary):
            writer.beginObject()
            for (key, value) in dictionary.sorted(by: { $0.key < $1.key }) {
                writer.key(key)
                write(value, to: &writer)
            }
            writer.endObject()
        }
    }
}
