package import Entities
package import Primitives
import TraceRecording

extension EventDelivery {
    /// The circumstances of what the event causes: its trace goes on, and its mark in the consumer's inbox commits with
    /// the effect. A repeated delivery fails with an error that ``Inbox/isDuplicate(_:)`` knows.
    /// - Parameters:
    ///   - scope: On whose behalf: as a rule the service's own.
    ///   - now: The instant of everything that it causes.
    package func writeContext(in scope: TenantScope, now: Timestamp) -> WriteContext {
        WriteContext(
            scope: scope, now: now, origin: WriteOrigin(.event, credential: "event:\(event.id)"),
            trace: CurrentSpan.traceContext ?? event.trace,
            marks: [.handled(event.id, consumer: group, at: now)])
    }
}

extension CommitMark {
    /// The mark that an event was handled. It fails when it was handled before: see ``Inbox/isDuplicate(_:)``.
    package static func handled(_ eventID: Identifier, consumer: String, at now: Timestamp) -> CommitMark {
        CommitMark { _ in Inbox.claimOrFail(eventID, consumer: consumer, at: now) }
    }

    /// The mark that several events were handled together. It fails when one of them was handled before.
    package static func handled(_ eventIDs: [Identifier], consumer: String, at now: Timestamp) -> CommitMark {
        CommitMark { _ in Inbox.claimOrFail(eventIDs, consumer: consumer, at: now) }
    }
}
