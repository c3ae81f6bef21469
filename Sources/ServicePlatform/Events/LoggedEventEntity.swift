import Entities
import JSONCoding
import MessageBus
import Primitives

/// An event of a service's outbox in lists, without its content: a row of the view `main.event_log`.
enum LoggedEventEntity {
    static let type = Field.string("type", access: .readOnly, example: "TENANT_PROVISIONING")
    static let version = Field.integer(
        "version", access: .readOnly, description: "Version of the layout of the content")
    static let tenantID = Field.identifier("tenantId", access: .readOnly)
    static let occurredAt = Field.timestamp("occurredAt", access: .readOnly)
    static let state = Field<OutboxState>.integer(
        "state", width: .int16, access: .readOnly,
        description: "0 waits to be published, 1 published, 2 dead letter of the outbox")
    static let attempts = Field.integer(
        "attempts", access: .readOnly, description: "Attempts to publish it")
    static let settledAt = Field.timestamp(
        "settledAt", access: .readOnly, description: "When it was published or given up on")
    static let lastError = Field.string(
        "lastError", access: .readOnly, description: "Why the last attempt failed")
    static let traceparent = Field.string(
        "traceparent", access: .readOnly,
        description: "W3C Trace Context: `traceparent`, and behind a space `tracestate` if there was one")
    static let replayOf = Field.identifier(
        "replayOf", access: .readOnly, description: "The event that this one repeats; null if it repeats none")
    static let replayGroups = Field.strings(
        "replayGroups", access: .readOnly, description: "The only consumer groups that get the replay; null for all")
    static let replayedBy = Field.string(
        "replayedBy", access: .readOnly, description: "Who asked for the replay")
    static let replayReason = Field.string("replayReason", access: .readOnly)

    static let entity = Entity(
        "Event", table: "event_log", description: "An event that this service has published or will publish.",
        audit: .none, tenancy: .operatorOnly,
        fields: [
            type, version, tenantID, occurredAt, state, attempts, settledAt, lastError, traceparent, replayOf,
            replayGroups, replayedBy, replayReason,
        ])
}
