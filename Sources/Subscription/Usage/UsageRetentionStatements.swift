import Entities
import PostgresClient
import Primitives

/// SQL that removes old events and reservations.
enum UsageRetentionStatements {
    /// What is removed: events by when they arrived, reservations by when they expired.
    enum Table: CaseIterable {
        case events
        case reservations

        fileprivate var removing: PostgresStatement {
            switch self {
            case .events: UsageRetentionStatements.removingEvents
            case .reservations: UsageRetentionStatements.removingReservations
            }
        }
    }

    /// Removes a page of rows from before an instant.
    /// - Returns: How many.
    static func removed(
        from table: Table, before instant: Timestamp, on pool: PostgresPool
    ) async throws(PostgresError) -> Int {
        try await pool.query(
            table.removing, [.timestamp(instant), .int64(Int64(UsageRetention.pageSize))],
            settings: TenantScope.everyTenant, as: .bulkWrite
        ).affectedRows
    }

    private static let removingReservations: PostgresStatement = """
        WITH old AS (
            SELECT id FROM main.usage_reservations WHERE expires_on < $1 ORDER BY expires_on LIMIT $2 FOR UPDATE SKIP LOCKED)
        DELETE FROM main.usage_reservations AS reservation USING old WHERE reservation.id = old.id
        """

    /// What a price of events has not billed yet is kept for it.
    private static let removingEvents: PostgresStatement = """
        WITH old AS (
            SELECT tenant_id, event_id FROM main.usage_events AS kept WHERE received_on < $1 AND NOT EXISTS (
                SELECT FROM main.usage_closings AS closing JOIN main.subscriptions AS subscription
                    ON subscription.id = closing.subscription_id AND NOT subscription.deleted AND subscription.status IN (0, 1, 2)
                WHERE closing.tenant_id = kept.tenant_id AND closing.meter_id = kept.meter_id AND closing.counts_events
                    AND kept.billed_on >= closing.closed_through)
            LIMIT $2 FOR UPDATE OF kept SKIP LOCKED)
        DELETE FROM main.usage_events AS event USING old
        WHERE event.tenant_id = old.tenant_id AND event.event_id = old.event_id
        """
}
