package import Primitives

/// The dead letters of the consumer groups on a bus: what operators see and retry.
///
/// Every connector has them, whatever its bus calls them: rows, failed jobs, a dead-letter queue. A bus that cannot be
/// asked answers with ``NoBusDeadLetters``.
package protocol BusDeadLetters: Sendable {
    /// Dead letters of a group in the order of ``DeadLetterPosition``: by the time when they were given up on, then by
    /// the identifier of their event. The order lets the lists of several groups be merged page by page.
    /// - Parameters:
    ///   - position: Only those behind it; nil for the first page.
    ///   - limit: Most dead letters, from 1.
    func deadLetters(
        group: String, after position: DeadLetterPosition?, limit: Int
    ) async throws(MessageBusError) -> [DeadLetter]

    /// The names of all groups of the bus, sorted; empty if it does not know them.
    func groups() async throws(MessageBusError) -> [String]

    /// How many dead letters a group has; counting may stop at 1000.
    func deadLetterCount(group: String) async throws(MessageBusError) -> Int

    /// Makes dead letters of a group pending again, with all their attempts before them.
    /// - Parameter ids: The events; nil for all.
    /// - Returns: How many there were.
    func retryDeadLetters(group: String, _ ids: [Identifier]?) async throws(MessageBusError) -> Int
}

extension BusDeadLetters {
    /// Not known.
    package func groups() async throws(MessageBusError) -> [String] { [] }

    /// The first dead letters of a group.
    package func deadLetters(group: String, limit: Int = 100) async throws(MessageBusError) -> [DeadLetter] {
        try await deadLetters(group: group, after: nil, limit: limit)
    }

    /// Makes all dead letters of a group pending again.
    package func retryDeadLetters(group: String) async throws(MessageBusError) -> Int {
        try await retryDeadLetters(group: group, nil)
    }
}

/// The place of a dead letter in the lists of all groups.
package struct DeadLetterPosition: Sendable, Hashable, Comparable {
    /// When it was given up on.
    package let settledAt: Timestamp
    package let eventID: Identifier

    package init(settledAt: Timestamp, eventID: Identifier) {
        self.settledAt = settledAt
        self.eventID = eventID
    }

    package static func < (left: DeadLetterPosition, right: DeadLetterPosition) -> Bool {
        (left.settledAt, left.eventID) < (right.settledAt, right.eventID)
    }
}

extension DeadLetter {
    /// Its place among others.
    package var position: DeadLetterPosition { DeadLetterPosition(settledAt: settledAt, eventID: event.id) }
}

/// Those of a bus that keeps none where this process could see them.
package struct NoBusDeadLetters: BusDeadLetters {
    package init() {}

    /// None.
    package func deadLetters(
        group: String, after position: DeadLetterPosition?, limit: Int
    ) async throws(MessageBusError) -> [DeadLetter] { [] }

    /// Zero.
    package func deadLetterCount(group: String) async throws(MessageBusError) -> Int { 0 }

    /// Nothing to retry.
    package func retryDeadLetters(group: String, _ ids: [Identifier]?) async throws(MessageBusError) -> Int { 0 }
}
