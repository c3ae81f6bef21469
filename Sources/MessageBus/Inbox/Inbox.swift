package import PostgresClient
package import Primitives

/// What a consumer has handled already: table `main.inbox` in the consumer's own database.
///
/// The claim belongs in the transaction of the effect. So the effect and the mark are there together or not at all, and
/// an event that comes again, or to two processes at once, has its effect once.
package enum Inbox {
    /// The statement that marks an event as handled. It touches one row the first time and none when the event was
    /// handled before (`affectedRows == 0`: skip). While another transaction holds an uncommitted mark, it waits.
    ///
    /// For interactive transactions, where the result decides what comes next.
    /// - Parameter consumer: who handles it, a fixed name of 1 to 100 characters; usually the group.
    package static func claim(
        _ eventID: Identifier, consumer: String, at now: Timestamp
    ) -> BoundStatement {
        BoundStatement(claiming, [.identifier(eventID), .text(consumer), .timestamp(now)])
    }

    /// The statement that marks an event as handled or fails: for a `PostgresBatch`, which then rolls back as a whole.
    /// Put it first, and treat an error that ``isDuplicate(_:)`` knows as success.
    package static func claimOrFail(
        _ eventID: Identifier, consumer: String, at now: Timestamp
    ) -> BoundStatement {
        BoundStatement(claimingOrFailing, [.identifier(eventID), .text(consumer), .timestamp(now)])
    }

    /// The same for several events: it fails if one of them was handled before.
    package static func claimOrFail(
        _ eventIDs: [Identifier], consumer: String, at now: Timestamp
    ) -> BoundStatement {
        BoundStatement(claimingAllOrFailing, [.identifierArray(eventIDs), .text(consumer), .timestamp(now)])
    }

    /// Whether a batch failed because an event was handled before.
    package static func isDuplicate(_ error: PostgresError) -> Bool {
        error.sqlState == .uniqueViolation && error.constraint == "inbox_pkey" && error.table == "inbox"
    }

    /// Deletes the marks of events handled before an instant, a thousand at a time.
    /// - Returns: How many were deleted.
    @discardableResult
    package static func purge(
        before instant: Timestamp, on pool: PostgresPool
    ) async throws(MessageBusError) -> Int {
        var deleted = 0
        while true {
            let result: PostgresResult
            do { result = try await pool.query(purging, [.timestamp(instant), .int64(Int64(purgeSize))]) } catch {
                throw .database(error)
            }
            deleted += result.affectedRows
            if result.affectedRows < purgeSize { return deleted }
        }
    }

    private static let purgeSize = 1000

    private static let claiming: PostgresStatement = """
        INSERT INTO main.inbox (event_id, consumer, processed_at) VALUES ($1, $2, $3)
        ON CONFLICT (event_id, consumer) DO NOTHING
        """

    private static let claimingOrFailing: PostgresStatement = """
        INSERT INTO main.inbox (event_id, consumer, processed_at) VALUES ($1, $2, $3)
        """

    // In order, so that two processes that handle the same events wait for each other and not in a circle.
    private static let claimingAllOrFailing: PostgresStatement = """
        INSERT INTO main.inbox (event_id, consumer, processed_at)
        SELECT event_id, $2, $3 FROM unnest($1::uuid[]) AS event_id ORDER BY event_id
        """

    private static let purging: PostgresStatement = """
        DELETE FROM main.inbox WHERE (event_id, consumer) IN (
            SELECT event_id, consumer FROM main.inbox WHERE processed_at < $1
            ORDER BY processed_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        """
}
