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

/// What is written down about a claimed event.
enum OutboxVerdict: Sendable, Hashable {
    case published
    case retry(at: Timestamp, reason: String)
    case dead(reason: String)
}

/// What a relay that has nothing to do needs to know.
struct OutboxOutlook: Sendable, Hashable {
    /// The oldest transaction that is still running.
    let oldestTransaction: Int64
    /// When the next event becomes visible that is not now.
    let nextDue: Timestamp?
}
