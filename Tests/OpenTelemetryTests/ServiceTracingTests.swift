import Configuration
import Logging
import OpenTelemetry
import Primitives
import TestSupport
import Testing
import TraceRecording

@Suite struct ServiceTracingTests {
    @Test func `spans in the log show plain values, whatever the level of the export is`() throws {
        let log = RecordedLog(.info)
        let reader = ConfigReader(
            provider: EnvironmentVariablesProvider(environmentVariables: [
                "OTEL_TRACES_EXPORTER": "console", "OTEL_LOG_LEVEL": "error",
            ]))
        let tracing = try #require(
            try ServiceTracing.make(reader: reader, service: "test", clock: SystemClock(), logger: log.logger))
        #expect(tracing.exporter == nil)
        tracing.recorder.start("work", kind: .internal).finish(
            as: "work",
            attributes: [
                Attribute("number", .integer(200)), Attribute("text", .string("plain")),
                Attribute("list", .array([.string("a"), .integer(1)])),
            ])
        let line = try #require(log.lines.first)
        #expect(line.contains("200") && line.contains("plain"), "\(line)")
        #expect(!line.contains("integer(") && !line.contains("string("), "\(line)")
    }
}
