import Primitives
import Testing
import TraceRecording
import Tracing

@Suite struct CurrentSpanTests {
    private struct Failure: Error {}

    private let sink = CollectedSpans()
    private var recorder: SpanRecorder { SpanRecorder(sink: sink) }

    @Test func `without tracing there is nothing, and the work is done`() async throws {
        #expect(CurrentSpan.span == nil && CurrentSpan.traceContext == nil)
        #expect(CurrentSpan.child("a") == nil)
        #expect(await CurrentSpan.run("a") { 1 } == 1)
    }

    @Test func `the span is known to everything within, also in tasks`() async throws {
        let root = recorder.start("root", kind: .server)
        await CurrentSpan.run(root) {
            await Task {
                await CurrentSpan.run("within") { #expect(CurrentSpan.span?.operationName == "within") }
            }.value
            #expect(CurrentSpan.span?.operationName == "root")
        }
        root.finish()
        #expect(sink["within"]?.parentID == sink["root"]?.context.spanID)
    }

    @Test func `an error marks a span as failed by its type alone`() async throws {
        let root = recorder.start("root", kind: .server)
        await CurrentSpan.run(root) {
            _ = try? await CurrentSpan.run("within") { throw Failure() }
        }
        #expect(sink["within"]?.status == .error(""))
        #expect(sink["within"]?.attributes == [Attribute("error.type", .string("Failure"))])
    }

    @Test func `what is not recorded belongs to no trace and starts none`() async throws {
        try await withTracer(recorder) {
            try await CurrentSpan.runUnrecorded {
                #expect(CurrentSpan.span == nil && CurrentSpan.traceContext == nil)
                try await withSpan("library") { _ in CurrentSpan.child("own")?.finish() }
            }
        }
        #expect(sink.names.isEmpty)
    }

    // MARK: Continuing an earlier flow

    @Test func `a request without a caller's trace becomes part of the earlier flow`() async throws {
        let earlier = try #require(TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
        let root = recorder.start("root", kind: .server, canJoin: true)
        let next = await CurrentSpan.run(root) { CurrentSpan.continuing(earlier, as: "go on") }
        root.finish()
        #expect(next == root.traceContext && next.traceID == earlier.traceID)
        #expect(sink.names == ["root"] && sink["root"]?.parentID == earlier.spanID)
    }

    @Test func `a request with a caller's trace is linked to the earlier flow`() async throws {
        let earlier = try #require(TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
        let caller = try #require(TraceContext("00-00000000000000000000000000000001-0000000000000002-01"))
        let root = recorder.start("root", kind: .server, parent: caller, canJoin: true)
        let next = await CurrentSpan.run(root) { CurrentSpan.continuing(earlier, as: "go on") }
        root.finish()
        let mark = try #require(sink["go on"])
        #expect(next == mark.context && mark.context.traceID == earlier.traceID && mark.parentID == earlier.spanID)
        #expect(mark.links.map(\.context) == [root.traceContext])
        #expect(sink["root"]?.links.map(\.context) == [mark.context])
    }

    @Test func `without tracing the earlier flow goes on as it was stored`() throws {
        let earlier = try #require(TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
        #expect(CurrentSpan.continuing(earlier, as: "go on") == earlier)
    }

    // MARK: swift-distributed-tracing

    @Test func `spans of swift-distributed-tracing and of this project form one tree`() async throws {
        let root = recorder.start("root", kind: .server)
        try await withTracer(recorder) {
            try await CurrentSpan.run(root) {
                try await withSpan("library") { span in
                    span.attributes["count"] = 3
                    try await Task.sleep(for: .zero)
                    CurrentSpan.child("own")?.finish()
                    #expect(throws: Failure.self) { try withSpan("failed") { _ in throw Failure() } }
                }
            }
        }
        root.finish()
        let library = try #require(sink["library"])
        #expect(library.parentID == root.traceContext.spanID && library.attributes == [Attribute("count", .integer(3))])
        #expect(sink["own"]?.parentID == library.context.spanID)
        let failed = try #require(sink["failed"])
        #expect(failed.status == .error("") && failed.events.map(\.name) == ["exception"])
    }

    @Test func `the context is read from and written to carriers`() throws {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        var context = InstrumentationContext.topLevel
        recorder.extract(["traceparent": text, "tracestate": "a=1,b=2"], into: &context, using: Carrier())
        let span = recorder.startSpan("a", context: context, ofKind: .server)
        var carrier: [String: String] = [:]
        recorder.inject(span.context, into: &carrier, using: Carrier())
        #expect(carrier["traceparent"] == span.traceContext.traceparent && carrier["tracestate"] == "a=1,b=2")
        #expect(span.traceContext.traceID == TraceContext(text)?.traceID)

        var malformed = InstrumentationContext.topLevel
        recorder.extract(["traceparent": "nonsense", "tracestate": "a=1"], into: &malformed, using: Carrier())
        #expect(malformed.isEmpty)
    }

    private struct Carrier: Extractor, Injector {
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    }
}
