import Primitives
import TraceRecording

/// Makes a span of each piece of work, within the trace in which it was requested.
///
/// The span is a child, not only linked, so that one trace shows everything that a request has caused, however much later.
package struct WorkTracing: WorkMiddleware {
    package init() {}

    /// Handles the work within a span; without tracing, as if this were not here.
    package func handle<Output: Sendable>(
        _ work: WorkDescription, next: () async -> Settlement<Output>
    ) async -> Settlement<Output> {
        guard let recorder = SpanRecorder.ofTask else { return await next() }
        let span = recorder.start(
            "process \(work.kind)", kind: .consumer, parent: work.trace,
            attributes: work.traceAttributes)
        let settlement = await CurrentSpan.run(span) { await next() }
        switch settlement {
        case .done: break
        case .released: span.set("arc.work.released", .bool(true))
        case .retry(_, let reason): span.fail("retry", message: reason)
        case .deadLetter(let reason): span.fail("dead_letter", message: reason)
        }
        span.finish()
        return settlement
    }
}

extension WorkDescription {
    /// By the semantic conventions for messaging. Identifiers of tenants are no personal data.
    fileprivate var traceAttributes: [Attribute] {
        var attributes = [
            Attribute("messaging.system", .string("arc")), Attribute("messaging.operation.name", .string("process")),
            Attribute("messaging.operation.type", .string("process")),
            Attribute("messaging.destination.name", .string(kind)),
            Attribute("messaging.consumer.group.name", .string(queue)), Attribute("messaging.message.id", .string(id)),
            Attribute("arc.work.attempt", .integer(Int64(attempt))),
        ]
        if let tenant = metadata["tenantId"] { attributes.append(Attribute("arc.tenant.id", .string("\(tenant)"))) }
        return attributes
    }
}
