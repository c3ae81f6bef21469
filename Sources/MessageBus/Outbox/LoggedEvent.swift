package import Primitives

/// An event in an outbox, as operators see it.
package struct LoggedEvent: Sendable, Hashable {
    package let event: EventEnvelope
    package let state: OutboxState
    /// How often it was tried to publish it.
    package let attempts: Int
    /// When it was published or given up on; nil while it waits.
    package let settledAt: Timestamp?
    /// Why the last attempt failed.
    package let lastError: String?
    /// Who has published it again, and why; nil for an event that is no replay.
    package let replayedBy: String?
    package let replayReason: String?

    /// Changes whenever the event is tried or settled, as `row_version` of `main.event_log` has it.
    package var version: Int64 { Int64(attempts) * 4 + Int64(state.rawValue) }
}

/// Which events of an outbox a person asks for.
package struct OutboxQuery: Sendable, Hashable {
    package var type: String?
    package var tenant: Identifier?
    package var state: OutboxState?
    /// Happened at this instant or later.
    package var since: Timestamp?
    package var limit: Int

    package init(
        type: String? = nil, tenant: Identifier? = nil, state: OutboxState? = nil, since: Timestamp? = nil,
        limit: Int = 20
    ) {
        self.type = type
        self.tenant = tenant
        self.state = state
        self.since = since
        self.limit = limit
    }
}

/// Why an event is not published again.
package enum EventReplayError: Error, Sendable, Hashable {
    /// The outbox has no such event: it never had, or its retention is over.
    case notFound
    /// It waits to be published the first time, or is a dead letter of the outbox, which can be retried.
    case notPublished(OutboxState)
}
