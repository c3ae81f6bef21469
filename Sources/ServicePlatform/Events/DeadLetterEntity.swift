import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// A dead letter in lists, without the content of its event. It is described like a row, so that it is filtered in the same
/// language, but it is no row: it comes from the outbox or from the bus.
enum DeadLetterEntity {
    static let source = Field.string(
        "source", access: .readOnly, description: "`outbox` if it could not be published, or the consumer group",
        example: "orchestrator")
    static let eventID = Field.identifier("eventId", access: .readOnly)
    static let type = Field.string("type", access: .readOnly, example: "TENANT_PROVISIONING")
    static let tenantID = Field.identifier("tenantId", access: .readOnly)
    static let occurredAt = Field.timestamp("occurredAt", access: .readOnly)
    static let attempts = Field.integer("attempts", access: .readOnly)
    static let lastError = Field.string("lastError", access: .readOnly, description: "Why the last attempt failed")
    static let settledAt = Field.timestamp("settledAt", access: .readOnly, description: "When it was given up on")

    static let entity = Entity(
        "DeadLetter", table: "dead_letters", description: "An event that was given up on.", audit: .none,
        tenancy: .operatorOnly, fields: [source, eventID, type, tenantID, occurredAt, attempts, lastError, settledAt])

    /// The identifier is no UUID: it names source and event.
    static let schema: Schema = entity.schema.adding(
        .init(
            "id",
            .string(maxLength: maximumIDLength).example("orchestrator:019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80").described(
                "Source and event; stays the same as long as the dead letter exists"), required: true))

    /// Group, colon and identifier.
    static let maximumIDLength = 137

    /// A value that a condition compares.
    static func value(_ name: String, of letter: DeadLetter) -> PostgresValue {
        switch name {
        case source.name: .text(letter.id.source)
        case eventID.name, Entity.id.name: .identifier(letter.event.id)
        case type.name: .text(letter.event.type)
        case tenantID.name: .optional(letter.event.tenantID, PostgresValue.identifier)
        case occurredAt.name: .timestamp(letter.event.occurredAt)
        case attempts.name: .int64(Int64(letter.attempts))
        case lastError.name: .optional(letter.lastError, PostgresValue.text)
        case settledAt.name: .timestamp(letter.settledAt)
        default: .null
        }
    }
}
