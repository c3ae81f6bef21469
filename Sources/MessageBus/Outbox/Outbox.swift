package import PostgresClient
import Primitives

/// Where a service puts the events that go with a change: in the same transaction as the change.
///
/// ```swift
/// batch.add(event)      // last in the batch
/// ```
/// Either both are stored or neither; the ``OutboxRelay`` publishes what was committed.
package enum Outbox {
    /// The statement that stores an event, with its parameters. It fails with SQLSTATE 23505 when the event's id was
    /// used before, and with 42501 when the transaction is scoped to another tenant than the event's.
    package static func insert(_ event: EventEnvelope) -> BoundStatement {
        BoundStatement(
            insertion,
            [
                .identifier(event.id), .text(event.type), .int32(Int32(clamping: event.version)),
                .optional(event.tenantID, PostgresValue.identifier), .timestamp(event.occurredAt),
                .optional(event.trace?.stored, PostgresValue.text), .bytes(event.data),
            ])
    }

    // Sent as bytes and read as `json`: `jsonb` would reorder members and refuse \u0000.
    private static let insertion: PostgresStatement = """
        INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, traceparent, data)
        VALUES ($1, $2, $3, $4, $5, $6, convert_from($7, 'UTF8')::json)
        """
}

extension PostgresBatch {
    /// Adds the statement that stores an event: see ``Outbox/insert(_:)``.
    @discardableResult
    package mutating func add(_ event: EventEnvelope) -> Int {
        add(Outbox.insert(event))
    }
}
