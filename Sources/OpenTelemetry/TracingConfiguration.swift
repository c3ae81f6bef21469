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
    package let limits: SpanLimits
    package let propagators: TracePropagators
    /// Of what the export says in the log; nil for that of the service.
    package let logLevel: Logger.Level?
    package let batches: BatchSettings

    /// Read by every service.
    package static let configurationKeys = ConfigurationKeys(
        [
            "ENABLE_TRACING", "SERVICE_NAME", "OPENTELEMETRY_HOST", "OPENTELEMETRY_PORT", "OTEL_SDK_DISABLED",
            "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_EXPORTER", "OTEL_PROPAGATORS",
            "OTEL_LOG_LEVEL",
            "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT",
            "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
        ],
        secrets: ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"])

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
        let isDisabled = lenient.flag("otel.sdk.disabled")
        guard let kind = try TracingExporterKind.read(reader), !isDisabled else { return nil }
        let target: Target
        switch kind {
        case .console: target = .log
        case .otlp:
            let endpoint = OTLPSettings(lenient: lenient)
            target = .otlp(try endpoint.endpoint(), try endpoint.tls())
        }
        return TracingConfiguration(
            target: target, resource: TracingResource(lenient: lenient, service: service).attributes,
            sampler: sampler(lenient), limits: limits(lenient),
            propagators: propagators(lenient), logLevel: logLevel(lenient), batches: batches(lenient))
    }

    private static func sampler(_ lenient: LenientReader) -> TraceSampler {
        let ratio = TraceSampler.Root.ratio(share(lenient))
        switch lenient.text("otel.traces.sampler") {
        case nil, "parentbased_always_on": return TraceSampler(.always)
        case "parentbased_always_off": return TraceSampler(.never)
        case "parentbased_traceidratio": return TraceSampler(ratio)
        case "always_on": return TraceSampler(.always, followsParent: false)
        case "always_off": return TraceSampler(.never, followsParent: false)
        case "traceidratio": return TraceSampler(ratio, followsParent: false)
        default:
            lenient.warn(
                "OTEL_TRACES_SAMPLER",
                "is not always_on, always_off or traceidratio, or one of these with the prefix parentbased_")
            return TraceSampler(.always)
        }
    }

    private static func share(_ lenient: LenientReader) -> Double {
        guard let text = lenient.text("otel.traces.sampler.arg") else { return 1 }
        guard let share = Double(text), (0...1).contains(share) else {
            lenient.warn("OTEL_TRACES_SAMPLER_ARG", "is not a number from 0 to 1")
            return 1
        }
        return share
    }

    /// `baggage` is accepted and not passed on: requests go to systems of others, which must not see it.
    private static func propagators(_ lenient: LenientReader) -> TracePropagators {
        guard let text = lenient.text("otel.propagators") else { return .traceContext }
        var propagators: TracePropagators = []
        for name in text.split(separator: ",") {
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

    private static func logLevel(_ lenient: LenientReader) -> Logger.Level? {
        switch lenient.text("otel.log.level")?.lowercased() {
        case nil: return nil
        case "none", "fatal": return .critical
        case "error": return .error
        case "warn", "warning": return .warning
        case "info": return .info
        case "debug": return .debug
        case "verbose", "trace", "all": return .trace
        default:
            lenient.warn("OTEL_LOG_LEVEL", "is not none, error, warn, info, debug, verbose or all")
            return nil
        }
    }

    private static func limits(_ lenient: LenientReader) -> SpanLimits {
        let counts = 1...10_000
        let attributes = lenient.integer("otel.attribute.count.limit", default: 128, in: counts)
        let unlimited = 1_000_000
        let length = lenient.integer("otel.attribute.value.length.limit", default: unlimited, in: 1...unlimited)
        let ofSpans = lenient.integer(
            "otel.span.attribute.value.length.limit", default: length, in: 1...unlimited)
        return SpanLimits(
            attributes: lenient.integer("otel.span.attribute.count.limit", default: attributes, in: counts),
            valueLength: ofSpans == unlimited ? nil : ofSpans,
            events: lenient.integer("otel.span.event.count.limit", default: 128, in: counts),
            links: lenient.integer("otel.span.link.count.limit", default: 128, in: counts))
    }

    private static func batches(_ lenient: LenientReader) -> BatchSettings {
        let milliseconds = 1...600_000
        let request = lenient.integer("otel.exporter.otlp.timeout", default: 10_000, in: milliseconds)
        return BatchSettings(
            delay: .milliseconds(lenient.integer("otel.bsp.schedule.delay", default: 5000, in: milliseconds)),
            requestTime: .milliseconds(
                lenient.integer("otel.exporter.otlp.traces.timeout", default: request, in: milliseconds)),
            exportTime: .milliseconds(
                lenient.integer("otel.bsp.export.timeout", default: 30_000, in: milliseconds)),
            queueSize: lenient.integer("otel.bsp.max.queue.size", default: 2048, in: 1...100_000),
            batchSize: lenient.integer("otel.bsp.max.export.batch.size", default: 512, in: 1...10_000))
    }
}

/// Whether spans are recorded, and what exports them.
enum TracingExporterKind {
    case otlp
    case console

    /// `ENABLE_TRACING` decides; without it, tracing is on if a variable says where spans go.
    /// - Returns: Nil if tracing is off.
    static func read(_ reader: ConfigReader) throws(ConfigurationFailure) -> TracingExporterKind? {
        let name = reader.text("otel.traces.exporter")
        let isNamed = name != nil && name != "none"
        let endpoints: [ConfigKey] = ["otel.exporter.otlp.traces.endpoint", "otel.exporter.otlp.endpoint"]
        let hasEndpoint = endpoints.contains { reader.text($0) != nil }
        guard try reader.flag("enable.tracing", default: isNamed || (name == nil && hasEndpoint)) else { return nil }
        switch name {
        case nil, "otlp": return .otlp
        case "console": return .console
        case "none": return nil
        case let name?:
            throw ConfigKey("otel.traces.exporter").failure(name, "otlp, console or none")
        }
    }
}
