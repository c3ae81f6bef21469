package import Configuration
package import ConfigurationChecks
package import Logging
package import NIOSSL
import Primitives
package import TraceRecording

/// The settings of tracing: those of the original (`ENABLE_TRACING`, `SERVICE_NAME`, `OPENTELEMETRY_HOST`, `OPENTELEMETRY_PORT`)
/// and those of OpenTelemetry (`OTEL_…`). docs/tracing.md has the precedence.
package struct TracingConfiguration: Sendable {
    /// Where spans go.
    package enum Target: Sendable {
        case otlp(OTLPEndpoint, TLSConfiguration?)
        /// Lines of the log, for development.
        case log
    }

    package let target: Target
    /// Who exports: the service, this process, this machine.
    package let resource: [Attribute]
    package let sampler: TraceSampler
    /// How many traces that start here are recorded in a second; nil for all that the sampler takes.
    package let tracesPerSecond: Int?
    package let limits: SpanLimits
    package let propagators: TracePropagators
    /// Of what the export says in the log; nil for that of the service.
    package let logLevel: Logger.Level?
    package let batches: BatchSettings

    /// Read by every service.
    package static let configurationKeys = ConfigurationKeys("tracing", TracingSettings.all)
        .checking { (reader) throws(ConfigurationFailure) in
            // The service warns of values that it ignores when it reads them; here they are no mistakes.
            _ = try read(reader, service: "", logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
        }

    /// Reads the settings.
    /// - Parameters:
    ///   - service: The name unless a variable gives another one, such as `tenant-management`.
    ///   - logger: Gets warnings about variables that are ignored.
    /// - Returns: Nil if tracing is off.
    /// - Throws: `ConfigurationFailure` for what makes every export impossible: an address that is not a URL, a protocol that is not
    ///   supported, a certificate that cannot be read.
    package static func read(
        _ reader: ConfigReader, service: String, logger: Logger
    ) throws(ConfigurationFailure) -> TracingConfiguration? {
        let lenient = LenientReader(reader: reader) { variable, reason in
            logger.warning(
                "Ignored a variable of tracing", metadata: ["variable": "\(variable)", "reason": "\(reason)"])
        }
        let isDisabled = try lenient.value(TracingSettings.isDisabled)
        guard let kind = try TracingExporterKind.read(reader), !isDisabled else { return nil }
        let target: Target
        switch kind {
        case .console: target = .log
        case .otlp:
            let endpoint = OTLPSettings(lenient: lenient)
            target = .otlp(try endpoint.endpoint(), try endpoint.tls())
        }
        let share = try lenient.value(TracingSettings.share)
        let sampler = try lenient.value(TracingSettings.sampler)
        let limit = try reader.value(TracingSettings.tracesPerSecond)
        return TracingConfiguration(
            target: target, resource: try TracingResource(lenient: lenient, service: service).attributes,
            sampler: (sampler ?? .parentBasedAlwaysOn).sampler(share),
            // A sampler that is named records what it says.
            tracesPerSecond: limit ?? (sampler == nil ? TracingSettings.defaultTracesPerSecond : nil),
            limits: try limits(lenient),
            propagators: try propagators(lenient), logLevel: try lenient.value(TracingSettings.logLevel),
            batches: try batches(lenient))
    }

    /// `baggage` is accepted and not passed on: requests go to systems of others, which must not see it.
    private static func propagators(_ lenient: LenientReader) throws(ConfigurationFailure) -> TracePropagators {
        var propagators: TracePropagators = []
        for name in try lenient.value(TracingSettings.propagators).split(separator: ",") {
            switch name.trimmedSlice {
            case "tracecontext": propagators.insert(.traceContext)
            case "b3": propagators.insert(.b3)
            case "b3multi": propagators.insert(.b3Multi)
            case "jaeger": propagators.insert(.jaeger)
            case "baggage", "none": break
            default:
                lenient.warn(
                    "OTEL_PROPAGATORS",
                    "has a name other than tracecontext, baggage, b3, b3multi, jaeger and none")
            }
        }
        return propagators
    }

    private static func limits(_ lenient: LenientReader) throws(ConfigurationFailure) -> SpanLimits {
        let attributes = try lenient.value(TracingSettings.attributeCount)
        let length = try lenient.value(TracingSettings.valueLength)
        return SpanLimits(
            attributes: try lenient.value(TracingSettings.spanAttributeCount) ?? attributes,
            valueLength: try lenient.value(TracingSettings.spanValueLength) ?? length,
            events: try lenient.value(TracingSettings.eventCount), links: try lenient.value(TracingSettings.linkCount))
    }

    private static func batches(_ lenient: LenientReader) throws(ConfigurationFailure) -> BatchSettings {
        BatchSettings(
            delay: .milliseconds(try lenient.value(TracingSettings.delay)),
            requestTime: .milliseconds(try lenient.value(TracingSettings.timeout) ?? 10_000),
            exportTime: .milliseconds(try lenient.value(TracingSettings.exportTime)),
            queueSize: try lenient.value(TracingSettings.queueSize),
            batchSize: try lenient.value(TracingSettings.batchSize))
    }
}

/// Whether spans are recorded, and what exports them.
enum TracingExporterKind {
    case otlp
    case console

    /// `ENABLE_TRACING` decides; without it, tracing is on if a variable says where spans go.
    /// - Returns: Nil if tracing is off.
    static func read(_ reader: ConfigReader) throws(ConfigurationFailure) -> TracingExporterKind? {
        let isEnabled = try reader.value(TracingSettings.isEnabled)
        guard isEnabled != false else { return nil }
        let exporter = try reader.value(TracingSettings.exporter)
        let isNamed = exporter != nil && exporter != TracingSettings.Exporter.none
        let general = try reader.value(TracingSettings.endpoint)
        let hasEndpoint = try reader.value(TracingSettings.tracesEndpoint) != nil || general != nil
        guard isEnabled ?? (isNamed || (exporter == nil && hasEndpoint)) else { return nil }
        switch exporter {
        case nil, .some(.otlp): return .otlp
        case .some(.console): return .console
        case .some(.none): return nil
        }
    }
}
