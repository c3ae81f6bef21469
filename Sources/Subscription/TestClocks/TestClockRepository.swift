import Entities
import PostgresClient
import Primitives

/// SQL of test clocks, in addition to that of their description.
struct TestClockRepository: Sendable {
    /// The rows by their description.
    let entities: EntityRepository

    /// A clock whose row is locked until the end of the transaction.
    struct LockedClock: Sendable {
        let tenant: Identifier
        let now: Timestamp
    }

    /// Locks a clock, so that its time stands still; nil when there is none.
    func lock(_ id: Identifier, _ transaction: PostgresTransaction) async throws(PostgresError) -> LockedClock? {
        guard let row = try await transaction.query(Self.locking, [.identifier(id)]).first else { return nil }
        return LockedClock(tenant: try row.identifier(0), now: try row.timestamp(1))
    }

    private static let locking: PostgresStatement = """
        SELECT tenant_id, instant FROM main.test_clocks WHERE id = $1 AND NOT deleted FOR UPDATE
        """

    /// Statements that fail (`isGuardViolation`) when the tenant has a subscription on the real time. Whoever subscribes it holds
    /// the same lock, see `main.reserve_subscription`.
    static func withoutSubscriptions(_ tenant: Identifier) -> [BoundStatement] {
        [SubscriptionQuota.lock(of: tenant), BoundStatement(guarding, [.identifier(tenant)])]
    }

    private static let guarding: PostgresStatement = """
        SELECT 1 / (CASE WHEN EXISTS (SELECT FROM main.subscriptions WHERE subscriber_id = $1)
            AND NOT EXISTS (SELECT FROM main.test_clocks WHERE tenant_id = $1 AND deleted) THEN 0 ELSE 1 END)
        """
}
