package import Primitives

/// An event that was given up on, kept until somebody looks at it.
package struct DeadLetter: Sendable, Hashable {
    /// The event.
    package let event: EventEnvelope
    /// The consumer group that could not handle it; nil when it could not be published.
    package let group: String?
    /// How often it was tried.
    package let attempts: Int
    /// Why the last attempt failed, as the connector or handler described it: no data, no secrets.
    package let lastError: String?
    /// When it was given up on.
    package let settledAt: Timestamp

    /// Makes a dead letter.
    package init(event: EventEnvelope, group: String?, attempts: Int, lastError: String?, settledAt: Timestamp) {
        self.event = event
        self.group = group
        self.attempts = attempts
        self.lastError = lastError
        self.settledAt = settledAt
    }
}
