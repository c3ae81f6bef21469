package import Configuration
package import ConfigurationChecks
package import Logging
import OutboundHTTP
package import Primitives
package import TraceRecording

/// The tracing of a service: what records its spans, and what sends them.
package struct ServiceTracing: Sendable {
    package let recorder: SpanRecorder
    /// Sends spans as long as it runs; nil if they go to the log.
    package let exporter: SpanExporter?

    /// Reads the settings. Nothing is connected before the exporter runs.
    /// - Parameter service: The name unless a variable gives another one, such as `tenant-management`.
    /// - Returns: Nil if tracing is off.
    /// - Throws: See ``TracingConfiguration/read(_:service:logger:)``.
    package static func make(
        reader: ConfigReader, service: String, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> ServiceTracing? {
        try TracingConfiguration.read(reader, service: service, logger: logger).map {
            ServiceTracing($0, clock: clock, logger: logger)
        }
    }

    package init(_ configuration: TracingConfiguration, clock: any WallClock, logger: Logger) {
        let sink: any SpanSink
        switch configuration.target {
        case .otlp(let endpoint, let tls):
            var exportLogger = logger
            if let level = configuration.logLevel { exportLogger.logLevel = level }
            // Receivers run on this machine and in private networks, as operators configure them.
            let client = OutboundHTTPClient(
                userAgent: OTLPTransport.userAgent, addresses: .publicAndPrivate, maximumAnswerSize: 4 << 20, tls: tls,
                isTraced: false)
            let exporter = SpanExporter(
                resource: configuration.resource, transport: OTLPTransport(endpoint, client: client),
                settings: configuration.batches, clock: clock, logger: exportLogger)
            self.exporter = exporter
            sink = exporter.queue
        case .log:
            exporter = nil
            sink = LogSink(logger: logger)
        }
        recorder = SpanRecorder(
            sampler: configuration.sampler, rate: configuration.tracesPerSecond.map(TraceRateLimit.init(perSecond:)),
            limits: configuration.limits, propagators: configuration.propagators, sink: sink)
    }
}

/// Writes spans as lines of the log (`OTEL_TRACES_EXPORTER=console`).
struct LogSink: SpanSink {
    let logger: Logger

    func record(_ spans: [SpanRecord]) {
        for span in spans {
            var metadata: Logger.Metadata = [
                "traceId": "\(span.context.traceID)", "spanId": "\(span.context.spanText)", "span": "\(span.name)",
                "kind": "\(span.kind)", "durationMicroseconds": "\((span.end - span.start) / 1000)",
            ]
            if let parent = span.parentID { metadata["parentSpanId"] = "\(Hex.text(parent))" }
            if case .error(let text) = span.status { metadata["failure"] = "\(text)" }
            for attribute in span.attributes { metadata[attribute.key] = "\(attribute.value)" }
            logger.info("Span", metadata: metadata)
        }
    }
}
