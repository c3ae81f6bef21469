import Entities
import PostgresClient

/// What logins and ends of sessions leave in the audit log. The sessions themselves are in Redis.
struct SessionLogRepository: Sendable {
    let pool: PostgresPool

    /// Changes sessions and records it.
    ///
    /// The transaction begins before the change and commits after it, so that nothing changes while the database is away, and
    /// nothing is recorded that has not happened. If the commit itself fails, the change stays.
    func recording<Value>(
        in context: WriteContext, _ change: () async throws -> (value: Value, events: [SessionEvent])
    ) async throws -> Value {
        try await context.withTransaction(on: pool, resource: nil) { transaction in
            _ = try await transaction.query(Self.opening)
            let (value, events) = try await change()
            guard !events.isEmpty else { return value }
            var batch = PostgresBatch()
            for event in events { batch.add(event.statement) }
            _ = try await transaction.run(batch)
            return value
        }
    }

    /// Records an event that has changed no session.
    func record(_ event: SessionEvent, in context: WriteContext) async throws(PostgresError) {
        var batch = context.batch(resource: nil)
        batch.add(event.statement)
        _ = try await pool.run(batch)
    }

    /// The first request of a transaction opens it.
    private static let opening: PostgresStatement = "SELECT 1"
}
