import JSONCoding
package import Logging
package import Primitives

/// A swift-log handler that writes one JSON object a line: `time`, `level`, `service`, `message`, then the metadata.
package struct JSONLogHandler: LogHandler {
    /// Metadata of the logger, on every line.
    package var metadata: Logger.Metadata = [:]
    /// Lines below it are not written. That of all loggers, unless one has its own.
    package var logLevel: Logger.Level {
        get { ownLevel ?? shared?.level ?? .info }
        set { ownLevel = newValue }
    }
    /// Adds metadata of the moment.
    package var metadataProvider: Logger.MetadataProvider?

    private var ownLevel: Logger.Level?
    private let shared: SharedLogLevel?
    private let label: String
    private let output: LineOutput
    private let clock: any WallClock

    /// - Parameters:
    ///   - label: The logger's label, written as `logger`.
    ///   - level: Lines below it are not written.
    package init(
        label: String, level: Logger.Level, output: LineOutput = .standardOutput, clock: any WallClock = SystemClock()
    ) {
        self.label = label
        ownLevel = level
        shared = nil
        self.output = output
        self.clock = clock
    }

    /// A handler whose level can change while the process runs.
    package init(
        label: String, level: SharedLogLevel, output: LineOutput = .standardOutput, clock: any WallClock = SystemClock()
    ) {
        self.label = label
        shared = level
        self.output = output
        self.clock = clock
    }

    /// One entry of the metadata.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line.
    package func log(event: LogEvent) {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.key("time")
        writer.timestamp(clock.now())
        writer.key("level")
        writer.string(event.level.rawValue)
        writer.key("logger")
        writer.string(label)
        writer.key("message")
        LogText.write(event.message.description, to: &writer)
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
        if let given = event.metadata { merged.merge(given) { _, new in new } }
        for (key, value) in merged.sorted(by: { $0.key < $1.key }) {
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
