import Primitives
import Testing
import TraceRecording
import Tracing

@Suite struct TraceSpanTests {
    private let sink = CollectedSpans()
    private static let earlier = TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    private func recorder(
        _ sampler: TraceSampler = TraceSampler(), limits: SpanLimits = SpanLimits()
    ) -> SpanRecorder {
        SpanRecorder(sampler: sampler, limits: limits, sink: sink)
    }

    @Test func `a child belongs to its parent's trace`() throws {
        let root = recorder().start("root", kind: .server)
        let child = try #require(root.child("child", kind: .client))
        let grandchild = try #require(child.child("grandchild", kind: .internal))
        grandchild.finish()
        child.finish()
        root.finish()
        let first = try #require(sink["root"])
        #expect(first.parentID == nil && first.context.isSampled)
        #expect(sink["child"]?.parentID == first.context.spanID)
        #expect(sink["grandchild"]?.parentID == sink["child"]?.context.spanID)
        #expect(Set(sink.spans.map(\.context.traceID)).count == 1)
        #expect(sink.spans.allSatisfy { $0.end >= $0.start })
    }

    @Test func `a caller's trace goes on, with its decision and its state`() throws {
        let parent = try #require(Self.earlier)
        let span = recorder(TraceSampler(.never)).start("a", kind: .server, parent: parent, traceState: "v=1")
        span.finish()
        let record = try #require(sink["a"])
        #expect(record.context.traceID == parent.traceID && record.parentID == parent.spanID && record.hasRemoteParent)
        #expect(record.context.isSampled && record.traceState == "v=1")
    }

    @Test func `what is not sampled carries identifiers on and is not exported`() {
        let root = recorder(TraceSampler(.never)).start("root", kind: .server)
        #expect(!root.isRecording && !root.traceContext.isSampled)
        #expect(root.child("child", kind: .client) == nil)
        root.set("key", .bool(true))
        root.finish()
        #expect(sink.spans.isEmpty)
    }

    @Test func `a second end changes nothing`() {
        let root = recorder().start("root", kind: .server)
        root.finish()
        root.set("late", .bool(true))
        root.finish()
        #expect(sink.spans.count == 1 && sink.spans.first?.attributes.isEmpty == true)
    }

    // MARK: Joining

    @Test func `a first span joins an earlier trace with everything that has ended within it`() throws {
        let earlier = try #require(Self.earlier)
        let root = recorder().start("root", kind: .server, canJoin: true)
        let before = try #require(root.child("before", kind: .client))
        let nested = try #require(before.child("nested", kind: .internal))
        nested.finish()
        before.finish()
        let open = try #require(root.child("open", kind: .client))
        #expect(sink.spans.isEmpty, "the trace of what has ended is not known yet")

        #expect(root.join(earlier))
        #expect(root.traceContext.traceID == earlier.traceID && open.traceContext.traceID == earlier.traceID)
        open.finish()
        root.finish()
        #expect(sink.names.sorted() == ["before", "nested", "open", "root"])
        #expect(sink.spans.allSatisfy { $0.context.traceID == earlier.traceID })
        #expect(sink["root"]?.parentID == earlier.spanID)
        #expect(sink["nested"]?.parentID == sink["before"]?.context.spanID)
    }

    @Test func `what ends after the first span is in the same trace`() throws {
        let earlier = try #require(Self.earlier)
        let root = recorder().start("root", kind: .server, canJoin: true)
        let late = try #require(root.child("late", kind: .client))
        #expect(root.join(earlier))
        root.finish()
        late.finish()
        #expect(sink["late"]?.context.traceID == earlier.traceID)
    }

    @Test func `a span with a caller, an ended span and a span that has joined do not join`() throws {
        let earlier = try #require(Self.earlier)
        let called = recorder().start("called", kind: .server, parent: earlier, canJoin: true)
        #expect(!called.join(earlier))
        let ended = recorder().start("ended", kind: .server, canJoin: true)
        ended.finish()
        #expect(!ended.join(earlier))
        let joined = recorder().start("joined", kind: .server, canJoin: true)
        #expect(joined.join(earlier) && !joined.join(earlier))
    }

    @Test func `a span that was not sampled is recorded once it joins a trace that is`() throws {
        let earlier = try #require(Self.earlier)
        let root = recorder(TraceSampler(.never)).start("root", kind: .server, canJoin: true)
        #expect(root.child("before", kind: .client) == nil)
        #expect(root.join(earlier))
        try #require(root.child("after", kind: .client)).finish()
        root.finish()
        #expect(sink.names.sorted() == ["after", "root"])
    }

    @Test func `many ended children do not wait for the end of a long request`() throws {
        let root = recorder().start("root", kind: .server, canJoin: true)
        for _ in 0..<200 { try #require(root.child("child", kind: .client)).finish() }
        #expect(sink.spans.count >= 128)
        #expect(!root.join(try #require(Self.earlier)), "parts of its trace were handed on")
        root.finish()
        #expect(sink.spans.count == 201 && Set(sink.spans.map(\.context.traceID)).count == 1)
    }

    // MARK: Limits

    @Test func `what exceeds the limits is dropped and counted`() throws {
        let limits = SpanLimits(attributes: 2, valueLength: 3, events: 1, links: 1)
        let span = recorder(limits: limits).start("a", kind: .internal)
        span.set("1", .string("abcdef"))
        span.set("2", .array([.string("abcdef")]))
        span.set("3", .bool(true))
        span.set("1", .string("xyzzy"))
        for _ in 0..<3 {
            span.addEvent("event")
            span.link(try #require(Self.earlier))
        }
        span.finish()
        let record = try #require(sink["a"])
        #expect(record.attributes == [Attribute("1", .string("xyz")), Attribute("2", .array([.string("abc")]))])
        #expect(record.droppedAttributes == 1)
        #expect(record.events.count == 1 && record.droppedEvents == 2)
        #expect(record.links.count == 1 && record.droppedLinks == 2)
    }

    @Test func `a failure has a type, and a message without data`() throws {
        let span = recorder().start("a", kind: .internal)
        span.fail("503", message: "away")
        span.finish()
        let record = try #require(sink["a"])
        #expect(record.status == .error("away"))
        #expect(record.attributes == [Attribute("error.type", .string("503"))])
    }
}
