import Configuration
import ConfigurationChecks
import Logging
import OpenTelemetry
import Primitives
import TestSupport
import Testing
import TraceRecording

@Suite struct TracingConfigurationTests {
    private let log = RecordedLog(.warning)

    private func read(_ environment: [String: String]) throws(ConfigurationFailure) -> TracingConfiguration? {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        return try TracingConfiguration.read(reader, service: "tenant-management", logger: log.logger)
    }

    private func endpoint(_ environment: [String: String]) throws -> OTLPEndpoint? {
        guard case .otlp(let endpoint, _) = try read(environment)?.target else { return nil }
        return endpoint
    }

    @Test(
        arguments: [
            [:], ["ENABLE_TRACING": "0"], ["ENABLE_TRACING": "false", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318"],
            ["ENABLE_TRACING": "1", "OTEL_SDK_DISABLED": "TRUE"],
            ["ENABLE_TRACING": "1", "OTEL_TRACES_EXPORTER": "none"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318", "OTEL_TRACES_EXPORTER": "none"],
            ["OTEL_SERVICE_NAME": "a", "OPENTELEMETRY_HOST": "a", "OTEL_TRACES_SAMPLER": "always_on"],
        ] as [[String: String]])
    func `tracing is off`(environment: [String: String]) throws {
        #expect(try read(environment) == nil)
        #expect(log.lines.isEmpty)
    }

    @Test(arguments: [
        (["ENABLE_TRACING": "1"], "http://localhost:4318/v1/traces"),
        (["ENABLE_TRACING": "1", "OPENTELEMETRY_HOST": "jaeger"], "http://jaeger:4318/v1/traces"),
        (
            ["ENABLE_TRACING": "1", "OPENTELEMETRY_HOST": "::1", "OPENTELEMETRY_PORT": "9"], "http://[::1]:9/v1/traces"
        ),
        (["OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.example.com"], "https://otel.example.com/v1/traces"),
        (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:1/base/"], "http://a:1/base/v1/traces"),
        (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a:1"], "http://a:1/"),
        (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a:1/x"], "http://a:1/x"),
        (
            [
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a:1/x", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://b:1",
                "OPENTELEMETRY_HOST": "c",
            ], "http://a:1/x"
        ),
        (["OTEL_TRACES_EXPORTER": "otlp"], "http://localhost:4318/v1/traces"),
    ])
    func `tracing is on and sends to`(environment: [String: String], url: String) throws {
        #expect(try endpoint(environment)?.url == url)
    }

    @Test func `the ports of Jaeger's former agent are not used`() throws {
        let environment = ["ENABLE_TRACING": "1", "OPENTELEMETRY_HOST": "jaeger", "OPENTELEMETRY_PORT": "6832"]
        #expect(try endpoint(environment)?.url == "http://jaeger:4318/v1/traces")
        #expect(log.lines.contains { $0.contains("OPENTELEMETRY_PORT") })
    }

    @Test(arguments: [
        ("ENABLE_TRACING", "maybe"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a/?token=secret"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://a/"),
        ("OTEL_TRACES_EXPORTER", "zipkin"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "thrift"), ("OPENTELEMETRY_HOST", "a/b"), ("OPENTELEMETRY_PORT", "0"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nonexistent.pem"), ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/nonexistent.pem"),
    ])
    func `what makes every export impossible is refused`(variable: String, value: String) throws {
        let environment = ["ENABLE_TRACING": "1"].merging([variable: value]) { $1 }
        let failure = #expect(throws: ConfigurationFailure.self) { try read(environment) }
        #expect(failure?.key.hasPrefix(variable.replacing("CLIENT_KEY", with: "CLIENT_")) == true)
        #expect(failure?.reason.contains("secret") == false)
    }

    @Test(arguments: [
        ("OTEL_BSP_SCHEDULE_DELAY", "soon"), ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"), ("OTEL_BSP_EXPORT_TIMEOUT", "1.5"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "99999999999999999999"),
        ("OTEL_TRACES_SAMPLER", "sometimes"), ("OTEL_TRACES_SAMPLER_ARG", "2"), ("OTEL_TRACES_SAMPLER_ARG", "nan"),
        ("OTEL_PROPAGATORS", "tracecontext,zipkin"), ("OTEL_LOG_LEVEL", "loud"), ("OTEL_ATTRIBUTE_COUNT_LIMIT", "many"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", ""), ("OTEL_SDK_DISABLED", "1"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip"), ("OTEL_RESOURCE_ATTRIBUTES", "a=1,b"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=%zz"), ("OTEL_EXPORTER_OTLP_HEADERS", "secret"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x=secret%0d%0ay: z"),
    ])
    func `an unusable number or word is ignored with a warning that does not show it`(
        variable: String, value: String
    ) throws {
        let configuration = try #require(try read(["ENABLE_TRACING": "1", variable: value]))
        #expect(configuration.batches == BatchSettings() && configuration.sampler == TraceSampler())
        guard case .otlp(let endpoint, _) = configuration.target else {
            Issue.record("it exports by OTLP")
            return
        }
        #expect(endpoint.headers.isEmpty && !endpoint.isCompressed)
        #expect(log.lines.contains { $0.contains(variable) } == !value.isEmpty, "an empty value counts as unset")
        #expect(!log.lines.contains { $0.contains("secret") })
    }

    @Test(
        arguments: [
            ([:], 100), (["TRACES_PER_SECOND": "7"], 7), (["OTEL_TRACES_SAMPLER": "parentbased_always_on"], nil),
            (["OTEL_TRACES_SAMPLER": "always_on", "TRACES_PER_SECOND": "7"], 7),
            (["OTEL_TRACES_SAMPLER": "sometimes"], 100),
        ] as [([String: String], Int?)])
    func `the rate of traces is limited unless a sampler is named`(variables: [String: String], expected: Int?) throws {
        let configuration = try #require(try read(variables.merging(["ENABLE_TRACING": "1"]) { $1 }))
        #expect(configuration.tracesPerSecond == expected)
    }

    @Test(arguments: ["0", "-1", "1000001", "many", "1.5"])
    func `an unusable rate of traces is refused`(rate: String) throws {
        let failure = #expect(throws: ConfigurationFailure.self) {
            try read(["ENABLE_TRACING": "1", "TRACES_PER_SECOND": rate])
        }
        #expect(failure.map { "\($0)".contains("TRACES_PER_SECOND") } == true)
    }

    @Test func `every setting has an effect`() throws {
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20YQ==, x-scope = a", "OTEL_BSP_SCHEDULE_DELAY": "1",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "3", "OTEL_BSP_EXPORT_TIMEOUT": "4",
            "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "50",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25",
            "OTEL_ATTRIBUTE_COUNT_LIMIT": "5", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "6",
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "7", "OTEL_SPAN_EVENT_COUNT_LIMIT": "8",
            "OTEL_SPAN_LINK_COUNT_LIMIT": "9", "OTEL_PROPAGATORS": "b3, jaeger,baggage", "OTEL_LOG_LEVEL": "warn",
        ]
        let configuration = try #require(try read(environment))
        #expect(
            configuration.batches
                == BatchSettings(
                    delay: .milliseconds(1), requestTime: .milliseconds(3), exportTime: .milliseconds(4),
                    queueSize: 100, batchSize: 50))
        #expect(configuration.sampler == TraceSampler(.ratio(0.25)) && configuration.tracesPerSecond == nil)
        #expect(configuration.propagators == [.b3, .jaeger] && configuration.logLevel == .warning)
        #expect(configuration.limits == SpanLimits(attributes: 5, valueLength: 7, events: 8, links: 9))
        let endpoint = try #require(try endpoint(environment))
        #expect(endpoint.encoding == .json && endpoint.isCompressed)
        #expect(
            endpoint.headers == [
                OTLPEndpoint.Header("authorization", "Basic YQ=="), OTLPEndpoint.Header("x-scope", "a"),
            ])
        #expect(log.lines.isEmpty)
    }

    @Test(
        arguments: [
            ([:], "tenant-management"), (["SERVICE_NAME": "a"], "a"),
            (["SERVICE_NAME": "a", "OTEL_RESOURCE_ATTRIBUTES": "service.name=b%20c"], "b c"),
            (["SERVICE_NAME": "a", "OTEL_RESOURCE_ATTRIBUTES": "service.name=b", "OTEL_SERVICE_NAME": "d"], "d"),
        ] as [([String: String], String)])
    func `the service has a name`(environment: [String: String], name: String) throws {
        let configuration = try #require(try read(environment.merging(["ENABLE_TRACING": "1"]) { $1 }))
        let names = configuration.resource.filter { $0.key == "service.name" }
        #expect(names == [Attribute("service.name", .string(name))])
        #expect(configuration.resource.contains { $0.key == "service.instance.id" })
    }
}
