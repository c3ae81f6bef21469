import Primitives
import Testing

@testable import TraceRecording

@Suite struct TraceRateLimitTests {
    private static let second: UInt64 = 1_000_000_000
    private static let start: UInt64 = 1_800_000_000 * second

    @Test func `three seconds' worth are recorded at once, and then so many a second`() {
        let limit = TraceRateLimit(perSecond: 100)
        #expect((0..<2_000).count { _ in limit.allows(at: Self.start) } == 300)
        for second in 1...5 {
            let now = Self.start + UInt64(second) * Self.second
            #expect((0..<2_000).count { _ in limit.allows(at: now) } == 100)
        }
        // Quiet times count for three seconds at most.
        #expect((0..<2_000).count { _ in limit.allows(at: Self.start + 3_600 * Self.second) } == 300)
    }

    @Test func `a clock that is set back does not stop tracing`() {
        let limit = TraceRateLimit(perSecond: 10)
        #expect(limit.allows(at: Self.start))
        let earlier = Self.start - 3_600 * Self.second
        #expect((0..<1_000).count { _ in limit.allows(at: earlier) } == 30)
        #expect(limit.allows(at: earlier + Self.second))
    }

    @Test func `only traces that start here are limited`() throws {
        let sink = CollectedSpans()
        let recorder = SpanRecorder(rate: TraceRateLimit(perSecond: 1), sink: sink, now: { Self.start })
        let spans = (0..<30).map { _ in recorder.start("request", kind: .server, canJoin: true) }
        #expect(spans.count { $0.isRecording } == 3)
        #expect(spans.allSatisfy { $0.isRecording == $0.traceContext.isSampled })
        let caller = try #require(TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
        #expect(recorder.start("called", kind: .server, parent: caller).isRecording)
        #expect(recorder.start("wanted", kind: .server, decision: true).isRecording)
        // What continues a recorded trace is recorded, whatever was decided when it began.
        let last = try #require(spans.last)
        #expect(last.join(caller) && last.isRecording)
    }

    @Test func `what changes nothing has no span if it is not recorded`() {
        let sink = CollectedSpans()
        let recorder = SpanRecorder(rate: TraceRateLimit(perSecond: 1), sink: sink, now: { Self.start })
        let spans = (0..<30).map { _ in recorder.startIfRecorded("read", kind: .server) }
        #expect(spans.prefix(3).allSatisfy { $0?.isRecording == true } && spans.dropFirst(3).allSatisfy { $0 == nil })
        // All traces that start here share the limit.
        #expect(!recorder.start("change", kind: .server).isRecording)
        #expect(SpanRecorder(sampler: TraceSampler(.never), sink: sink).startIfRecorded("read", kind: .server) == nil)
    }

    @Test func `what the sampler does not want does not use up the limit`() {
        let recorder = { (sampler: TraceSampler.Root, rate: TraceRateLimit) in
            SpanRecorder(sampler: TraceSampler(sampler), rate: rate, sink: CollectedSpans(), now: { Self.start })
        }
        let rate = TraceRateLimit(perSecond: 1)
        for _ in 0..<30 {
            #expect(recorder(.never, rate).startIfRecorded("read", kind: .server) == nil)
            #expect(!recorder(.never, rate).start("change", kind: .server).isRecording)
        }
        #expect((0..<30).count { _ in recorder(.always, rate).startIfRecorded("read", kind: .server) != nil } == 3)
    }
}
