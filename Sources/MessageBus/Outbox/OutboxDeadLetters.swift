package import PostgresClient
package import Primitives

/// The dead letters of an outbox, for operators: without a relay.
package struct OutboxDeadLetters: Sendable {
    private let store: OutboxStore

    /// - Parameter pool: Connections to the database with the outbox, as its runtime role or its owner.
    package init(pool: PostgresPool) { store = OutboxStore(pool: pool) }

    /// Dead letters in the order in which they were given up on, as ``BusDeadLetters`` has those of groups.
    /// - Parameters:
    ///   - position: Only those behind it; nil for the first page.
    ///   - limit: Most dead letters, from 1.
    package func list(
        after position: DeadLetterPosition? = nil, limit: Int
    ) async throws(MessageBusError) -> [DeadLetter] {
        try await store.deadLetters(after: position, limit: limit)
    }

    /// How many there are; at most 1000 are counted.
    package func count() async throws(MessageBusError) -> Int {
        try await store.deadLetterCount()
    }

    /// Makes dead letters pending again, with all their attempts before them, and wakes the relays. They come before
    /// later events of their tenant that are still pending, but after those that went on without them.
    /// - Parameter ids: The events; nil for all.
    /// - Returns: How many there were.
    package func retry(_ ids: [Identifier]?) async throws(MessageBusError) -> Int {
        try await store.retry(ids)
    }
}
