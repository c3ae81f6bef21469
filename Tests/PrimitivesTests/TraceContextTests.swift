import Primitives
import Testing

@Suite struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test(arguments: [0, 1, 2, 3]) func `a valid traceparent is kept`(flags: Int) throws {
        let text = "00-\(Self.trace)-\(Self.span)-0\(flags)"
        let context = try #require(TraceContext(text))
        #expect(context.traceparent == text)
        #expect(context.traceID.description == Self.trace && context.spanText == Self.span)
        #expect(context.isSampled == (flags & 1 == 1))
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-001",
        "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01-more", "ff-\(trace)-\(span)-01",
        "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span.uppercased())-01", "00-\(trace)-\(span)-0G",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
        "00-\(trace.dropLast())-\(span)-01", "00_\(trace)_\(span)_01", " 00-\(trace)-\(span)-01",
        "00-\(trace)-\(span)-01 ", "01-\(trace)-\(span)-01more", "0g-\(trace)-\(span)-01",
        "00-\(trace)-\(span)-é1", "é0-\(trace)-\(span)-01",
    ])
    func `anything else is dropped`(text: String) {
        #expect(TraceContext(text) == nil)
    }

    @Test(arguments: ["01-\(trace)-\(span)-01", "cc-\(trace)-\(span)-01-what-the-future-brings"])
    func `a later version is read as the one that is known`(text: String) {
        #expect(TraceContext(text)?.traceparent == "00-\(Self.trace)-\(Self.span)-01")
    }

    @Test func `flags without a meaning are not passed on`() {
        #expect(TraceContext("00-\(Self.trace)-\(Self.span)-ff")?.traceparent == "00-\(Self.trace)-\(Self.span)-03")
    }

    @Test(arguments: [nil, "a=1", "congo=t61rcWkgMzE, rojo=00f067aa0ba902b7", "a=x y"])
    func `a state is stored behind its place`(state: String?) throws {
        let context = try #require(TraceContext("00-\(Self.trace)-\(Self.span)-01", state: state))
        #expect(context.state == state && TraceContext(stored: context.stored) == context)
        #expect(context.headers["tracestate"] == state && context.headers["traceparent"] == context.traceparent)
    }

    @Test(arguments: ["", "a", "a=1\r\nx: y", String(repeating: "a", count: 600)])
    func `a state that is none is dropped, and its place stays`(state: String) throws {
        let context = try #require(TraceContext(stored: "00-\(Self.trace)-\(Self.span)-01 \(state)"))
        #expect(context.state == nil && context.headers["tracestate"] == nil)
        #expect(TraceContext(stored: " ") == nil && TraceContext(stored: "a=1") == nil)
    }

    @Test func `random identifiers are never zero and differ`() {
        let identifiers = (0..<1000).map { _ in TraceID.random() }
        #expect(Set(identifiers).count == 1000)
        #expect(identifiers.allSatisfy { $0.description.count == 32 })
    }
}
