import HTTPTypes
import Primitives
import Testing
import TraceRecording
import Tracing

@testable import ServiceKit

/// Which requests have a span.
@Suite struct RequestTracingTests {
    private struct NoSink: SpanSink {
        func record(_ spans: [SpanRecord]) {}
    }

    private func began(
        _ method: HTTPRequest.Method, _ headers: HTTPFields = HTTPFields(), sampler: TraceSampler.Root
    ) throws -> RequestAnnotations {
        let recorder = SpanRecorder(
            sampler: TraceSampler(sampler), propagators: [.traceContext, .b3], sink: NoSink())
        let annotations = RequestAnnotations()
        RequestTracing(recorder: recorder, addresses: .none).began(
            StartedRequest(
                method: method, headers: headers, start: .now,
                startedAt: try #require(Timestamp(iso8601: "2026-01-01T00:00:00Z")), annotations: annotations))
        return annotations
    }

    /// Method, header, value of the header, and whether there is a span.
    private static let requests: [(String, String, String, Bool)] = [
        ("GET", "accept", "*/*", false), ("HEAD", "accept", "*/*", false), ("OPTIONS", "accept", "*/*", false),
        ("POST", "accept", "*/*", true), ("DELETE", "accept", "*/*", true),
        ("GET", "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true),
        ("GET", "traceparent", "nonsense", false), ("GET", "b3", "0", true),
    ]

    @Test(arguments: requests) func `a read that is not recorded has a span only for its caller`(
        method: String, header: String, value: String, hasSpan: Bool
    ) throws {
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name(header))] = value
        let notes = try began(try #require(HTTPRequest.Method(method)), headers, sampler: .never).current
        #expect((notes.span != nil) == hasSpan && (notes.trace != nil) == hasSpan)
        #expect(notes.span?.isRecording != true)
    }

    @Test(arguments: [.get, .post] as [HTTPRequest.Method])
    func `every request that is recorded has a span`(method: HTTPRequest.Method) async throws {
        let annotations = try began(method, sampler: .always)
        #expect(annotations.current.span?.isRecording == true)
        await annotations.runWithin {
            #expect(CurrentSpan.traceContext == annotations.current.trace)
        }
    }

    @Test func `what a read that is not recorded calls starts no traces`() async throws {
        let others = SpanRecorder(sink: NoSink())
        func isRecorded() -> Bool {
            others.startSpan("library", context: InstrumentationContext.current ?? .topLevel, ofKind: .internal)
                .isRecording
        }
        #expect(isRecorded())
        await (try began(.get, sampler: .never)).runWithin {
            #expect(CurrentSpan.span == nil && !isRecorded())
        }
    }
}
