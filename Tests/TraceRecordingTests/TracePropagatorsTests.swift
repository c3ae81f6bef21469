import Primitives
import Testing
import TraceRecording

@Suite struct TracePropagatorsTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    private static let valid: [(TracePropagators, [TraceHeader: String])] = [
        (.traceContext, [.traceparent: "00-\(trace)-\(span)-01"]),
        (.b3, [.b3: "\(trace)-\(span)-1"]), (.b3, [.b3: "\(trace)-\(span)-d-00f067aa0ba902b8"]),
        (.b3Multi, [.b3TraceID: trace.uppercased(), .b3SpanID: span, .b3Sampled: "true"]),
        (.b3Multi, [.b3TraceID: trace, .b3SpanID: span, .b3Flags: "1"]),
        (.jaeger, [.uberTraceID: "\(trace):f067aa0ba902b7:0:1"]),
        ([.traceContext, .b3], [.traceparent: "nonsense", .b3: "\(trace)-\(span)-1"]),
    ]

    @Test(arguments: valid)
    func `the place of a caller is read`(propagators: TracePropagators, headers: [TraceHeader: String]) {
        #expect(propagators.extract { headers[$0] }?.context.traceparent == "00-\(Self.trace)-\(Self.span)-01")
    }

    private static let invalid: [(TracePropagators, [TraceHeader: String])] = [
        (.traceContext, [.b3: "\(trace)-\(span)-1"]), (.b3, [.b3: "0"]), (.b3, [.b3: ""]),
        (.b3, [.b3: "\(trace)-\(span)-1-2-3"]), (.b3, [.b3: "xyz-\(span)-1"]), (.b3Multi, [.b3TraceID: trace]),
        (.b3Multi, [.b3TraceID: trace, .b3SpanID: "0000000000000000"]), (.jaeger, [.uberTraceID: "\(trace):\(span):0"]),
        (.jaeger, [.uberTraceID: "::0:1"]), (.jaeger, [.uberTraceID: "\(trace):\(span):0:zz"]),
        ([], [.traceparent: "00-\(trace)-\(span)-01"]),
    ]

    @Test(arguments: invalid)
    func `what is no valid place starts a new trace`(propagators: TracePropagators, headers: [TraceHeader: String]) {
        #expect(propagators.extract { headers[$0] } == nil)
    }

    private static let decisions: [(TracePropagators, [TraceHeader: String], Bool?)] = [
        (.b3, [.b3: "0"], false), (.b3, [.b3: "1"], true), (.b3, [.b3: "d"], true), (.b3, [.b3: "2"], nil),
        (.b3, [.b3: ""], nil), (.b3, [.b3Sampled: "0"], nil), (.b3Multi, [.b3Sampled: "0"], false),
        (.b3Multi, [.b3Sampled: "false"], false), (.b3Multi, [.b3Sampled: "1"], true),
        (.b3Multi, [.b3Sampled: "0", .b3Flags: "1"], true), (.b3Multi, [.b3: "0"], nil), (.b3Multi, [:], nil),
        (.traceContext, [.b3: "0", .b3Sampled: "0"], nil),
    ]

    @Test(arguments: decisions)
    func `a caller may decide without naming a place`(
        propagators: TracePropagators, headers: [TraceHeader: String], decision: Bool?
    ) {
        #expect(propagators.decision { headers[$0] } == decision)
        for (sampler, wanted) in [
            (TraceSampler(.always), decision ?? true), (TraceSampler(.never), decision ?? false),
            (TraceSampler(.always, followsParent: false), true), (TraceSampler(.never, followsParent: false), false),
        ] {
            let sink = CollectedSpans()
            let recorder = SpanRecorder(sampler: sampler, propagators: propagators, sink: sink)
            let span = recorder.start("request", kind: .server, decision: decision, canJoin: true)
            #expect(span.isRecording == wanted && span.traceContext.isSampled == wanted)
            span.finish()
            #expect(sink.names == (wanted ? ["request"] : []))
        }
    }

    @Test func `what a caller does not want recorded joins no trace that is recorded`() throws {
        let earlier = try #require(TraceContext("00-\(Self.trace)-\(Self.span)-01"))
        let recorder = SpanRecorder(sink: CollectedSpans())
        #expect(!recorder.start("a", kind: .server, decision: false, canJoin: true).join(earlier))
        #expect(recorder.start("b", kind: .server, decision: true, canJoin: true).join(earlier))
        #expect(recorder.start("c", kind: .server, canJoin: true).join(earlier))
    }

    @Test func `a short identifier of a trace is one with zeros in front`() {
        let read = TracePropagators.b3.extract { $0 == .b3 ? "a3ce929d0e0e4736-\(Self.span)" : nil }
        #expect(read?.context.traceparent == "00-0000000000000000a3ce929d0e0e4736-\(Self.span)-00")
    }

    @Test(arguments: [TracePropagators.traceContext, .b3, .b3Multi, .jaeger, [.traceContext, .b3, .b3Multi, .jaeger]])
    func `what is written can be read`(propagators: TracePropagators) throws {
        for flags in ["00", "01"] {
            let context = try #require(TraceContext("00-\(Self.trace)-\(Self.span)-\(flags)"))
            var headers: [TraceHeader: String] = [:]
            propagators.inject(context, state: "a=1") { headers[$0] = $1 }
            let read = try #require(propagators.extract { headers[$0] })
            #expect(read.context == context)
            #expect((read.state == "a=1") == propagators.contains(.traceContext))
        }
    }

    @Test func `without propagators nothing is written`() throws {
        let context = try #require(TraceContext("00-\(Self.trace)-\(Self.span)-01"))
        TracePropagators([]).inject(context, state: nil) { header, _ in Issue.record("\(header)") }
    }
}
