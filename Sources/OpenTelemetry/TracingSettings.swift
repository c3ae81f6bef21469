import ConfigurationChecks
import Logging
import Primitives
import TraceRecording

/// The settings of tracing. Other programs read those of OpenTelemetry, too, so they do not keep a service from starting that
/// records no spans.
enum TracingSettings {
    static let isEnabled = Setting.optionalFlag(
        "ENABLE_TRACING", unset: "see the meaning",
        "Whether spans are recorded and exported, whatever the other variables say. Without it, tracing is on if `OTEL_TRACES_EXPORTER` names an exporter, or if that is unset and one of the two endpoints is set"
    )
    static let host = Setting.text(
        "OPENTELEMETRY_HOST", default: "localhost", values: "the name or the address of a host",
        "Receiver of OTLP over HTTP, unless an endpoint is set")
    static let port = Setting.integer(
        "OPENTELEMETRY_PORT", default: defaultPort, in: 1...65_535,
        "Its port. 6831 and 6832, the ports of Jaeger's former agent, stand for \(defaultPort)")
    static let defaultPort = 4318
    static let originalName = Setting.optionalText(
        "SERVICE_NAME", unset: "name of the service",
        "`service.name`, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` has one. Do not set it in an environment that several services share"
    )
    static let name = Setting.optionalText(
        "OTEL_SERVICE_NAME", unset: "name of the service",
        "`service.name`; wins over `OTEL_RESOURCE_ATTRIBUTES`, which wins over `SERVICE_NAME`")
    static let attributes = Setting<[KeyValuePair]>.parsed(
        "OTEL_RESOURCE_ATTRIBUTES", default: [], unset: nil, values: pairs, "More attributes of the resource",
        KeyValuePair.list
    ).lenient()
    static let isDisabled = Setting<Bool>.parsed(
        "OTEL_SDK_DISABLED", default: false, unset: "false", values: "true or false",
        "`true`: no spans; `traceparent` is still passed on", isLiteral: true
    ) { ["true": true, "false": false][$0.lowercased()] }.lenient()
    static let exporter = Setting<Exporter?>.optionalChoice(
        "OTEL_TRACES_EXPORTER", unset: "otlp", "Where spans go: `console` makes lines of the log of them"
    ).lenient()
    static let propagators = Setting.text(
        "OTEL_PROPAGATORS", default: "tracecontext,baggage",
        values: "names among tracecontext, baggage, b3, b3multi, jaeger and none, separated by commas",
        "How the trace travels in headers of requests: `tracecontext` (W3C), `b3`, `b3multi`, `jaeger` or `none`. `baggage` is accepted, but baggage is not passed on, because requests go to systems of others"
    ).lenient()
    static let logLevel = Setting<Logger.Level?>.parsed(
        "OTEL_LOG_LEVEL", default: nil, unset: "`LOG_LEVEL`", values: "none, error, warn, info, debug, verbose or all",
        "Level of what the export itself logs", Logger.Level.ofOpenTelemetry
    ).lenient()
    static let sampler = Setting<SamplerName?>.parsed(
        "OTEL_TRACES_SAMPLER", default: nil,
        unset: "\(SamplerName.parentBasedAlwaysOn.rawValue), and the default of `TRACES_PER_SECOND`",
        values: "always_on, always_off or traceidratio, or one of these with the prefix parentbased_",
        "Which traces are recorded; with `parentbased_` a caller's decision holds"
    ) { SamplerName(rawValue: $0).map { .some($0) } }.lenient()
    static let share = Setting<Double>.parsed(
        "OTEL_TRACES_SAMPLER_ARG", default: 1, unset: "1.0", values: "a number from 0 to 1",
        "Share of the traces that `traceidratio` records", isLiteral: true
    ) { text in Double(text).flatMap { (0...1).contains($0) ? $0 : nil } }.lenient()
    static let tracesPerSecond = Setting.optionalInteger(
        "TRACES_PER_SECOND", unset: "\(defaultTracesPerSecond), or no limit if `OTEL_TRACES_SAMPLER` is set",
        in: 1...1_000_000,
        "How many traces that start here are recorded in a second on average; a caller's decision is not limited")
    static let defaultTracesPerSecond = 100

    static let endpoint = Setting.optionalText(
        "OTEL_EXPORTER_OTLP_ENDPOINT", values: "an http or https URL without user, query and fragment",
        "URL of the receiver, to which `/v1/traces` is added"
    ).lenient()
    static let tracesEndpoint = Setting.optionalText(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", unset: "`OTEL_EXPORTER_OTLP_ENDPOINT`",
        values: "an http or https URL without user, query and fragment", "URL of the receiver that is used as it is"
    ).lenient()

    /// A setting of the exporter, for everything and for traces; the latter wins.
    struct Pair<Value: Sendable>: Sendable {
        let general: Setting<Value>
        let traces: Setting<Value>

        var both: [any DescribedSetting] { [general, traces] }
    }

    static let headers = Pair(
        general: secret("OTEL_EXPORTER_OTLP_HEADERS", nil),
        traces: secret("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"))
    static let encoding = pair("PROTOCOL", unset: "http/protobuf") { name, unset in
        Setting<OTLPEncoding?>.optionalChoice(name, unset: unset, "How spans are written; gRPC is not supported")
    }
    static let compression = pair("COMPRESSION", unset: "none") { name, unset in
        Setting<Compression?>.optionalChoice(name, unset: unset, "How requests are compressed")
    }
    static let timeout = pair("TIMEOUT", unset: "10000") { name, unset in
        Setting.optionalInteger(name, unset: unset, in: milliseconds, "Milliseconds of one request")
    }
    static let certificate = pair("CERTIFICATE", unset: "those of the system") { name, unset in
        Setting.optionalText(
            name, unset: unset, values: "path of a PEM file",
            "Authorities that the receiver's certificate may be signed by")
    }
    static let clientCertificate = pair("CLIENT_CERTIFICATE", unset: nil) { name, unset in
        Setting.optionalText(name, unset: unset, values: "path of a PEM file", "Certificate of this side")
    }
    static let clientKey = pair("CLIENT_KEY", unset: nil) { name, unset in
        Setting.optionalText(name, unset: unset, values: "path of a PEM file", "Key of this side")
    }

    static let delay = number("OTEL_BSP_SCHEDULE_DELAY", 5000, milliseconds, "Milliseconds between two exports")
    static let exportTime = number(
        "OTEL_BSP_EXPORT_TIMEOUT", 30_000, milliseconds,
        "Milliseconds for all attempts to send a batch, then it is dropped")
    static let queueSize = number(
        "OTEL_BSP_MAX_QUEUE_SIZE", 2048, 1...100_000, "Spans that may wait, beyond which new ones are dropped")
    static let batchSize = number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512, 1...10_000, "Spans of a request")
    static let attributeCount = number("OTEL_ATTRIBUTE_COUNT_LIMIT", 128, counts, "Attributes of a span")
    static let spanAttributeCount = Setting.optionalInteger(
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", unset: "`OTEL_ATTRIBUTE_COUNT_LIMIT`", in: counts, "Attributes of a span"
    ).lenient()
    static let valueLength = Setting.optionalInteger(
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", in: 1...1_000_000, "Characters of an attribute's value"
    ).lenient()
    static let spanValueLength = Setting.optionalInteger(
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", unset: "`OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`", in: 1...1_000_000,
        "Characters of an attribute's value"
    ).lenient()
    static let eventCount = number("OTEL_SPAN_EVENT_COUNT_LIMIT", 128, counts, "Events of a span")
    static let linkCount = number("OTEL_SPAN_LINK_COUNT_LIMIT", 128, counts, "Links of a span")

    static let all: [any DescribedSetting] = {
        let groups: [[any DescribedSetting]] = [
            [isEnabled, host, port, originalName, name, attributes, isDisabled, exporter, propagators, logLevel],
            [sampler, share, tracesPerSecond, endpoint, tracesEndpoint],
            headers.both, encoding.both, compression.both, timeout.both, certificate.both, clientCertificate.both,
            clientKey.both,
            [delay, exportTime, queueSize, batchSize, attributeCount, spanAttributeCount, valueLength],
            [spanValueLength, eventCount, linkCount],
        ]
        return groups.flatMap(\.self)
    }()

    private static let pairs = "a list such as key1=value1,key2=value2 with percent-encoded values"
    private static let milliseconds = 1...600_000
    private static let counts = 1...10_000

    private static func pair<Value>(
        _ name: String, unset: String?, _ make: (_ name: String, _ unset: String?) -> Setting<Value>
    ) -> Pair<Value> {
        let general = "OTEL_EXPORTER_OTLP_\(name)"
        return Pair(
            general: make(general, unset).lenient(),
            traces: make("OTEL_EXPORTER_OTLP_TRACES_\(name)", "`\(general)`").lenient())
    }

    private static func number(
        _ name: String, _ value: Int, _ range: ClosedRange<Int>, _ meaning: String
    ) -> Setting<Int> {
        Setting.integer(name, default: value, in: range, meaning).lenient()
    }

    private static func secret(_ name: String, _ other: String?) -> Setting<[KeyValuePair]?> {
        Setting<[KeyValuePair]?>.parsed(
            name, default: nil, unset: other.map { "`\($0)`" }, values: pairs, "Headers of the requests",
            isSecret: true
        ) { KeyValuePair.list($0).map { .some($0) } }.lenient()
    }

    enum Exporter: String, Sendable, CaseIterable {
        case otlp, console, none
    }

    enum Compression: String, Sendable, CaseIterable {
        case none, gzip
    }

    enum SamplerName: String, Sendable {
        case alwaysOn = "always_on"
        case alwaysOff = "always_off"
        case ratio = "traceidratio"
        case parentBasedAlwaysOn = "parentbased_always_on"
        case parentBasedAlwaysOff = "parentbased_always_off"
        case parentBasedRatio = "parentbased_traceidratio"

        func sampler(_ share: Double) -> TraceSampler {
            switch self {
            case .alwaysOn: TraceSampler(.always, followsParent: false)
            case .alwaysOff: TraceSampler(.never, followsParent: false)
            case .ratio: TraceSampler(.ratio(share), followsParent: false)
            case .parentBasedAlwaysOn: TraceSampler(.always)
            case .parentBasedAlwaysOff: TraceSampler(.never)
            case .parentBasedRatio: TraceSampler(.ratio(share))
            }
        }
    }
}

/// A member of a list such as `key1=value1,key2=value2` with percent-encoded values.
struct KeyValuePair: Sendable {
    let key: String
    let value: String

    /// nil for a text with a malformed pair: it makes the whole text useless.
    @Sendable static func list(_ text: String) -> [KeyValuePair]? {
        var pairs: [KeyValuePair] = []
        for part in text.split(separator: ",") {
            let member = part.trimmedSlice
            if member.isEmpty { continue }
            guard let equals = member.firstIndex(of: "="),
                let name = PercentEncoding.decode(member[..<equals].trimmedSlice),
                let value = PercentEncoding.decode(member[member.index(after: equals)...].trimmedSlice), !name.isEmpty
            else { return nil }
            pairs.append(KeyValuePair(key: name, value: value))
        }
        return pairs
    }
}

extension Logger.Level {
    /// What the words of OpenTelemetry mean.
    @Sendable fileprivate static func ofOpenTelemetry(_ text: String) -> Logger.Level?? {
        switch text.lowercased() {
        case "none", "fatal": .critical
        case "error": .error
        case "warn", "warning": .warning
        case "info": .info
        case "debug": .debug
        case "verbose", "trace", "all": .trace
        default: nil
        }
    }
}
