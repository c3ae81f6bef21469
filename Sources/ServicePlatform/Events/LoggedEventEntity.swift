import Entities
import MessageBus

/// An event of a service's outbox in lists, without its content: a row of the view `main.event_log`.
package enum LoggedEventEntity {
    package static let type = Field.string("type", access: .readOnly, example: "TENANT_PROVISIONING")
    package static let version = Field.integer(
        "version", access: .readOnly, description: "Version of the layout of the content")
    package static let tenantID = Field.identifier("tenantId", access: .readOnly)
    package static let occurredAt = Field.timestamp("occurredAt", access: .readOnly)
    package static let state = Field<OutboxState>.integer(
        "state", width: .int16, access: .readOnly,
        description: "0 waits to be published, 1 published, 2 dead letter of the outbox")
    package static let attempts = Field.integer(
        "attempts", access: .readOnly, description: "Attempts to publish it")
    package static let settledAt = Field.timestamp(
        "settledAt", access: .readOnly, description: "When it was published or given up on")
    package static let lastError = Field.string(
        "lastError", access: .readOnly, description: "Why the last attempt failed")
    package static let traceparent = Field.string("traceparent", access: .readOnly)
    package static let replayOf = Field.identifier(
        "replayOf", access: .readOnly, description: "The event that this one repeats; null if it repeats none")
    package static let replayGroups = Field.strings(
        "replayGroups", access: .readOnly, description: "The only consumer groups that get the replay; null for all")
    package static let replayedBy = Field.string(
        "replayedBy", access: .readOnly, description: "Who asked for the replay")
    package static let replayReason = Field.string("replayReason", access: .readOnly)

    package static let entity = Entity(
        "Event", table: "event_log", description: "An event that this service has published or will publish.",
        audit: .none, tenancy: .operatorOnly,
        fields: [
            type, version, tenantID, occurredAt, state, attempts, settledAt, lastError, traceparent, replayOf,
            replayGroups, replayedBy, replayReason,
        ])
}
