import Billing
import Entities
import Logging
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Marks subscriptions that are over as EXPIRED (docs/contract/arc-api.md 15). Any number of nodes may do so at once.
/// Nothing waits for it: quota and lists look at the end themselves.
struct SubscriptionExpiry: Service {
    let pool: PostgresPool
    let systemUser: SystemUser
    /// Time between two rounds.
    let interval: Duration
    let clock: any WallClock
    let logger: Logger

    /// Rows of one transaction.
    private static let batchSize = 500

    /// One round after the other until shutdown.
    func run() async throws {
        await PeriodicWork.run(every: interval) {
            do {
                let expired = try await expire()
                if expired > 0 { logger.info("Subscriptions have expired", metadata: ["count": "\(expired)"]) }
            } catch {
                logger.warning("Subscriptions could not be marked as expired", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Marks everything that is over on this day (UTC), a batch at a time.
    /// - Returns: How many rows that were.
    func expire() async throws(PostgresError) -> Int {
        let today = CalendarDate(of: clock.now())
        var total = 0
        while !Task.isCancelled {
            let batch = try await pool.query(
                Self.marking,
                [
                    .text(today.description), .int64(Int64(Self.batchSize)),
                    .optional(systemUser.identifier) { .identifier($0) },
                ], settings: TenantScope.everyTenant)
            total += batch.rowCount
            // A batch with less has met the end, or rows that another node holds.
            guard batch.rowCount == Self.batchSize else { break }
        }
        return total
    }

    /// Rows that break a check which is not valid for old data (migration 3) would fail the batch, and stay.
    private static let marking: PostgresStatement = """
        WITH ended AS (
            SELECT id FROM main.subscriptions
            WHERE status = 1 AND end_date <= $1 AND NOT deleted AND NOT main.is_live(status, end_date, $1)
                AND (end_date >= start_date) IS NOT FALSE
            ORDER BY end_date, id LIMIT $2 FOR UPDATE SKIP LOCKED)
        UPDATE main.subscriptions SET status = 4, modified_by = $3 FROM ended
        WHERE subscriptions.id = ended.id RETURNING subscriptions.id
        """
}
