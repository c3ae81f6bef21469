package import Primitives
import Tracing

/// The span in which the current task works.
///
/// It is the one of swift-distributed-tracing's task-local context, so that everything that uses this package finds it. Without
/// tracing it is nil, and the methods here only read it.
package enum CurrentSpan {
    /// The span; nil without tracing.
    package static var span: TraceSpan? { InstrumentationContext.current?[TraceSpanKey.self] }

    /// Where the task is in its trace.
    package static var traceContext: TraceContext? { span?.traceContext }

    /// Starts a span within the current one; nil without tracing, and if the trace is not recorded. End it.
    package static func child(
        _ name: @autoclosure () -> String, kind: SpanRecord.Kind = .internal,
        attributes: @autoclosure () -> [Attribute] = []
    ) -> TraceSpan? {
        guard let span, span.isRecording else { return nil }
        return span.child(name(), kind: kind, attributes: attributes())
    }

    /// Runs a body within a span, which the body or the caller ends.
    package static func run<Value>(_ span: TraceSpan, _ body: () async throws -> Value) async rethrows -> Value {
        try await InstrumentationContext.$current.withValue(span.context) { try await body() }
    }

    /// Runs a body that belongs to no trace and starts none.
    package static func runUnrecorded<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        try await InstrumentationContext.$current.withValue(unrecorded) { try await body() }
    }

    private static let unrecorded = {
        var context = InstrumentationContext.topLevel
        context[RemoteDecisionKey.self] = false
        return context
    }()

    /// Runs a body in a new span within the current one. An error marks the span as failed.
    package static func run<Value>(
        _ name: @autoclosure () -> String, kind: SpanRecord.Kind = .internal,
        attributes: @autoclosure () -> [Attribute] = [], _ body: () async throws -> Value
    ) async rethrows -> Value {
        guard let child = child(name(), kind: kind, attributes: attributes()) else { return try await body() }
        defer { child.finish() }
        do {
            return try await run(child, body)
        } catch {
            child.fail(String(describing: type(of: error)))
            throw error
        }
    }

    /// Runs a body outside of any span: for work that a request only happens to start.
    package static func cleared<Value>(_ body: () throws -> Value) rethrows -> Value {
        guard InstrumentationContext.current != nil else { return try body() }
        return try InstrumentationContext.$current.withValue(nil) { try body() }
    }

    /// Continues an earlier flow, such as the one of a lead, with what the current task does.
    ///
    /// The current request joins the earlier trace if its client did not name another one. Otherwise a span in the earlier trace
    /// marks the place, and links lead from one trace to the other.
    /// - Returns: Where what happens next belongs.
    package static func continuing(_ earlier: TraceContext, as name: String) -> TraceContext {
        guard let span else { return earlier }
        let current = span.traceContext
        if current.traceID == earlier.traceID || span.join(earlier) { return span.traceContext }
        let mark = span.recorder.start(name, kind: .internal, parent: earlier)
        mark.link(current)
        span.link(mark.traceContext)
        mark.finish()
        return mark.traceContext
    }
}
