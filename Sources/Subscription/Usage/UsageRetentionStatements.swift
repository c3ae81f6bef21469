import Entities
import PostgresClient
import Primitives

/// SQL that removes old events.
enum UsageRetentionStatements {
    /// Removes a page of events that arrived before an instant.
    /// - Returns: How many.
    static func removed(before instant: Timestamp, on pool: PostgresPool) async throws(PostgresError) -> Int {
        try await pool.query(
            removing, [.timestamp(instant), .int64(Int64(UsageRetention.pageSize))],
            settings: TenantScope.everyTenant, as: .bulkWrite
        ).affectedRows
    }

    private static let removing: PostgresStatement = """
        WITH old AS (
            SELECT tenant_id, event_id FROM main.usage_events WHERE received_on < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
        DELETE FROM main.usage_events AS event USING old
        WHERE event.tenant_id = old.tenant_id AND event.event_id = old.event_id
        """
}
