import Logging
import Primitives
import Synchronization
import Testing
import TraceRecording

@testable import WorkQueue

@Suite struct WorkTracingTests {
    private final class Sink: SpanSink {
        private let collected = Mutex<[SpanRecord]>([])
        var spans: [SpanRecord] { collected.withLock { $0 } }
        func record(_ spans: [SpanRecord]) { collected.withLock { $0 += spans } }
    }

    private let sink = Sink()
    private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private func handle(_ settlement: Settlement<Void>, trace: String? = trace) async throws -> SpanRecord? {
        let work = WorkDescription(
            queue: "mail", kind: "welcome", id: "1", attempt: 2,
            trace: trace.flatMap { TraceContext($0, state: "congo=1") }, metadata: ["tenantId": "t"])
        try await SpanRecorder.with(SpanRecorder(sink: sink)) {
            _ = await WorkTracing().handle(work) {
                CurrentSpan.child("within")?.finish()
                return settlement
            }
        }
        return sink.spans.last
    }

    @Test func `work belongs to the trace in which it was requested`() async throws {
        let span = try #require(try await handle(.done(())))
        #expect(span.name == "process welcome" && span.kind == .consumer && span.status == .unset)
        #expect(span.context.traceID == TraceContext(Self.trace)?.traceID)
        #expect(span.parentID == TraceContext(Self.trace)?.spanID && span.hasRemoteParent)
        #expect(sink.spans.first?.name == "within" && sink.spans.first?.parentID == span.context.spanID)
        #expect(sink.spans.map(\.traceState) == ["congo=1", "congo=1"])
        #expect(span.attributes.contains(Attribute("messaging.consumer.group.name", .string("mail"))))
        #expect(span.attributes.contains(Attribute("arc.work.attempt", .integer(2))))
        #expect(span.attributes.contains(Attribute("arc.tenant.id", .string("t"))))
    }

    @Test(arguments: [nil, "nonsense", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"])
    func `work without a valid trace starts one`(trace: String?) async throws {
        let span = try #require(try await handle(.done(()), trace: trace))
        #expect(span.parentID == nil)
    }

    @Test func `failed attempts are marked`() async throws {
        let retried = try #require(try await handle(.retry(after: .zero, reason: "away")))
        #expect(retried.status == .error("away"))
        #expect(retried.attributes.contains(Attribute("error.type", .string("retry"))))
        let dead = try #require(try await handle(.deadLetter(reason: "never")))
        #expect(dead.attributes.contains(Attribute("error.type", .string("dead_letter"))))
        let released = try #require(try await handle(.released(after: .zero)))
        #expect(released.status == .unset)
    }

    @Test func `without tracing work is done as ever`() async {
        let work = WorkDescription(queue: "q", kind: "k", id: "1", attempt: 1)
        let settlement: Settlement<Void> = await WorkTracing().handle(work) {
            #expect(CurrentSpan.span == nil)
            return .done(())
        }
        guard case .done = settlement else {
            Issue.record("it was not done")
            return
        }
    }

    @Test func `calls of several traces that take effect together are linked`() async throws {
        let held = AsyncSignal()
        let started = AsyncSignal()
        let effect = BatchedEffect<Int> { inputs in
            if inputs == [1] {
                started.signal()
                await held.wait(atMost: .seconds(1200))
            }
        }
        let recorder = SpanRecorder(sink: sink)
        try await SpanRecorder.with(recorder) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                func call(_ number: Int) {
                    group.addTask {
                        let span = recorder.start("call \(number)", kind: .consumer)
                        try await CurrentSpan.run(span) { try await effect(number) }
                        span.finish()
                    }
                }
                call(1)
                await started.wait(atMost: .seconds(1200))
                call(2)
                call(3)
                while effect.waitingCount < 2 { try await Task.sleep(for: .milliseconds(1)) }
                held.signal()
                try await group.waitForAll()
            }
        }
        let batches = sink.spans.filter { $0.name == "batch" }
        #expect(batches.count == 2)
        let alone = try #require(batches.first { $0.parentID != nil })
        #expect(alone.links.isEmpty && sink.spans.first { $0.name == "call 1" }?.context.spanID == alone.parentID)
        let shared = try #require(batches.first { $0.parentID == nil })
        let calls = sink.spans.filter { ["call 2", "call 3"].contains($0.name) }.map(\.context)
        #expect(Set(shared.links.map(\.context)) == Set(calls))
    }
}
