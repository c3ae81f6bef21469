import JSONCoding
package import KeyRotation
import Sealing

/// Where events with sealed secrets lie, as `arc keys rotate` finds them. Queues in Redis or at AWS are not among these places: their
/// events are as old as their retention at most.
package enum SealedEvents {
    /// In the database of a service.
    package static let outbox = column("main.outbox", key: .init("event_id", "uuid"))
    /// In the database of the message bus.
    package static let messages = column("main.messages", key: .init("position", "bigint"))

    private static func column(_ table: String, key: SealedColumn.KeyPart) -> SealedColumn {
        SealedColumn(table, "data", key: [key], form: .json, purpose: EventSecretSealer.purpose) { row in
            let labels = EventSecretSealer.labels(context: row.document?["context"]?.stringValue)
            return SealedPlace(labels.label, former: labels.former)
        }
    }
}
