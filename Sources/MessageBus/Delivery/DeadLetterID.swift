package import Primitives

/// Identifies a dead letter among those of an outbox and of all groups of the bus; the same as long as it exists.
/// As text: the group or `outbox`, a colon, and the identifier of the event.
package struct DeadLetterID: Sendable, Hashable, CustomStringConvertible {
    /// Nil for an event that could not be published.
    package let group: String?
    package let eventID: Identifier

    package init(group: String?, eventID: Identifier) {
        self.group = group
        self.eventID = eventID
    }

    /// Reads the text.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let eventID = Identifier(String(parts[1])) else { return nil }
        let source = String(parts[0])
        guard source == EventEnvelope.reservedGroup || EventEnvelope.isValid(group: source) else { return nil }
        self.init(group: source == EventEnvelope.reservedGroup ? nil : source, eventID: eventID)
    }

    /// The group, or `outbox`.
    package var source: String { group ?? EventEnvelope.reservedGroup }

    package var description: String { "\(source):\(eventID)" }
}

extension DeadLetter {
    package var id: DeadLetterID { DeadLetterID(group: group, eventID: event.id) }
}
