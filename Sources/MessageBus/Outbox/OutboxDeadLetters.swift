package import PostgresClient
package import Primitives

/// The dead letters of an outbox, for operators: without a relay.
package struct OutboxDeadLetters: Sendable {
    private let store: OutboxStore

    /// - Parameter pool: Connections to the database with the outbox, as its runtime role or its owner.
    package init(pool: PostgresPool) { store = OutboxStore(pool: pool) }

    /// The oldest dead letters, at most `limit`.
    package func list(limit: Int) async throws(MessageBusError) -> [DeadLetter] {
        try await store.deadLetters(limit: limit)
    }

    /// Makes dead letters pending again, with all their attempts before them, and wakes the relays. They come before
    /// later events of their tenant that are still pending, but after those that went on without them.
    /// - Parameter ids: The events; nil for all.
    /// - Returns: How many there were.
    package func retry(_ ids: [Identifier]?) async throws(MessageBusError) -> Int {
        try await store.retry(ids)
    }
}
