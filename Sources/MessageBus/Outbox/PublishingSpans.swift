import Primitives
import TraceRecording

/// The spans of events that are put on the bus together, each in the trace of what has caused the event.
struct PublishingSpans {
    private let spans: [TraceSpan?]

    /// Nil without tracing.
    init?(_ events: [EventEnvelope]) {
        guard let recorder = SpanRecorder.ofTask else { return nil }
        spans = events.map { event in
            // An event without a trace was stored by a program without tracing: its delivery starts a trace.
            guard let trace = event.trace, trace.isSampled else { return nil }
            var attributes = [
                Attribute("messaging.system", .string("arc")), Attribute("messaging.operation.name", .string("send")),
                Attribute("messaging.operation.type", .string("send")),
                Attribute("messaging.destination.name", .string(event.type)),
                Attribute("messaging.message.id", .string(event.id.description)),
            ]
            if let tenant = event.tenantID {
                attributes.append(Attribute("arc.tenant.id", .string(tenant.description)))
            }
            if events.count > 1 {
                attributes.append(Attribute("messaging.batch.message_count", .integer(Int64(events.count))))
            }
            return recorder.start("send \(event.type)", kind: .producer, parent: trace, attributes: attributes)
        }
    }

    /// The bus has answered.
    func ended(_ outcomes: [PublishOutcome]) {
        for (index, span) in spans.enumerated() {
            guard let span else { continue }
            switch index < outcomes.count ? outcomes[index] : .failed(reason: "") {
            case .published: break
            case .held: span.fail("held")
            case .failed(let reason): span.fail("failed", message: reason)
            case .rejected(let reason): span.fail("rejected", message: reason)
            }
            span.finish()
        }
    }

    /// The bus is away, or it is unknown what became of the events.
    func failed() {
        for case let span? in spans {
            span.fail("unavailable")
            span.finish()
        }
    }
}
