import Foundation
import JSONCoding
import OpenTelemetry
import Primitives
import TestSupport
import Testing
import TraceRecording

@Suite(.timeLimit(.minutes(20))) struct TraceExportRequestTests {
    private func reference(_ request: TraceExportRequest) async throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("otlp-\(Identifier.v4()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(request.json()).write(to: file)
        return try await PythonPeer.run("otlp_reference.py", [file.path])
    }

    /// The two encodings are written independently of each other, and the reference implementation converts one to the other.
    @Test func `both encodings say what the reference implementation says, byte by byte`() async throws {
        let request = TraceExportRequest(resource: SampleSpans.resource, spans: SampleSpans.all)
        #expect(try await reference(request) == Hex.encode(request.protobuf()))
    }

    @Test func `a request without spans is one, too`() async throws {
        let request = TraceExportRequest(resource: [], spans: [])
        #expect(try await reference(request) == Hex.encode(request.protobuf()))
    }

    @Test func `JSON has identifiers in base 16, numbers of 64 bits as texts, and enumerations as numbers`() throws {
        let request = TraceExportRequest(resource: [], spans: Array(SampleSpans.all.prefix(1)))
        let json = try JSONValue.parse(request.json())
        let scope = json["resourceSpans"]?.arrayValue?.first?["scopeSpans"]?.arrayValue?.first
        let span = try #require(scope?["spans"]?.arrayValue?.first)
        #expect(span["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736" && span["spanId"] == "00f067aa0ba902b7")
        #expect(span["parentSpanId"] == "0000000000000007" && span["kind"] == 2)
        #expect(span["startTimeUnixNano"] == "1764417600000000001" && span["status"]?["code"] == 2)
        #expect(span["flags"] == 0x303, "sampled and random; the parent is remote")
    }
}
