import Primitives
import TraceRecording

/// Spans with everything that a span can have.
enum SampleSpans {
    static let context = context(span: 0x00F0_67AA_0BA9_02B7)

    static func context(span: UInt64) -> TraceContext {
        guard let trace = TraceID(high: 0x4BF9_2F35_77B3_4DA6, low: 0xA3CE_929D_0E0E_4736) else {
            return TraceContext(traceID: .random(), spanID: span, flags: 1)
        }
        return TraceContext(traceID: trace, spanID: span, flags: 3)
    }

    static let resource = [
        Attribute("service.name", .string("tenant-management")), Attribute("process.pid", .integer(42)),
    ]

    /// Of every kind, with every type of attribute, with events, links and states.
    static var all: [SpanRecord] {
        var full = SpanRecord(
            context: context, parentID: 7, hasRemoteParent: true, traceState: "a=1,b=2",
            name: "GET /tenants/{id} \"ü\n", kind: .server, start: 1_764_417_600_000_000_001, attributes: values)
        full.end = 1_764_417_600_123_456_789
        full.droppedAttributes = 3
        full.events = [
            SpanRecord.Event(name: "exception", time: 1_764_417_600_000_000_002, attributes: values),
            SpanRecord.Event(name: "", time: 0),
        ]
        full.droppedEvents = 300
        full.links = [SpanRecord.Link(context(span: .max), attributes: values), SpanRecord.Link(context(span: 1))]
        full.droppedLinks = 1
        full.status = .error("the receiver is away")
        var failed = SpanRecord(context: context(span: 2), name: "", kind: .client, start: 0)
        failed.status = .error("")
        var fine = SpanRecord(context: context(span: 3), name: "c", kind: .consumer, start: 5)
        fine.status = .ok
        return [
            full, failed, fine, SpanRecord(context: context(span: 4), name: "p", kind: .producer, start: 6),
            SpanRecord(
                context: context(span: 5), name: String(repeating: "long ", count: 5000), kind: .internal, start: 7),
        ]
    }

    private static let values = [
        Attribute("text", .string("Zoë שלום \u{0} \u{202E}")), Attribute("empty", .string("")),
        Attribute("integer", .integer(-1)), Attribute("zero", .integer(0)), Attribute("large", .integer(.max)),
        Attribute("small", .integer(.min)), Attribute("double", .double(1.5)), Attribute("nothing", .double(0)),
        Attribute("nan", .double(.nan)), Attribute("infinite", .double(-.infinity)), Attribute("true", .bool(true)),
        Attribute("false", .bool(false)), Attribute("list", .array([.string("a"), .array([]), .integer(2)])),
        Attribute("none", .array([])), Attribute("", .string(String(repeating: "x", count: 300))),
    ]
}
