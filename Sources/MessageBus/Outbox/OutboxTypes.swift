package import Primitives

/// How much waits in an outbox.
package struct OutboxBacklog: Sendable, Hashable {
    /// Events that are not published yet.
    package let pending: Int
    /// Dead letters.
    package let dead: Int
    /// When the oldest pending event happened.
    package let oldestPending: Timestamp?
}

/// An event that belongs to a relay for the length of a lease.
struct ClaimedEvent: Sendable {
    let position: Int64
    let event: EventEnvelope
    /// Failed attempts so far.
    let failures: Int
}

/// Events under one claim.
struct OutboxClaim: Sendable {
    let id: Identifier
    let events: [ClaimedEvent]
}

/// What a relay that has nothing to do needs to know.
struct OutboxOutlook: Sendable, Hashable {
    /// The oldest transaction that is still running.
    let oldestTransaction: Int64
    /// How long until the next event becomes due that is claimed or postponed.
    let timeUntilDue: Duration?
}
