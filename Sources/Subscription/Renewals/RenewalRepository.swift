import Entities
import PostgresClient
import Primitives

/// SQL of renewals beside the work itself: parked subscriptions, and what is due on test clocks.
struct RenewalRepository: Sendable {
    let pool: PostgresPool

    /// What is known of a subscription that the engine bills.
    struct State: Sendable {
        let tenant: Identifier
        let isParked: Bool
    }

    /// Locks a subscription; nil if the engine does not bill it.
    func lock(_ subscription: Identifier, _ transaction: PostgresTransaction) async throws(PostgresError) -> State? {
        guard let row = try await transaction.query(Self.locking, [.identifier(subscription)]).first else { return nil }
        return State(tenant: try row.identifier(0), isParked: try row.bool(1))
    }

    private static let locking: PostgresStatement = """
        SELECT tenant_id, parked_on IS NOT NULL FROM main.subscription_billing WHERE id = $1 FOR UPDATE
        """

    /// The statement that lets a subscription go on, at once if something is due.
    static func unpark(_ subscription: Identifier) -> BoundStatement {
        BoundStatement(unparking, [.identifier(subscription)])
    }

    // next_due_on is named for the trigger of test clocks.
    private static let unparking: PostgresStatement = """
        UPDATE main.subscription_billing SET parked_on = NULL, parked_reason = NULL, attempts = 0, last_error = NULL,
            next_due_on = next_due_on, due_at = next_due_on
        WHERE id = $1 AND parked_on IS NOT NULL
        """

    /// How many subscriptions are parked; counting stops at ``maximumCount``.
    func parkedCount() async throws(PostgresError) -> Int {
        let result = try await pool.query(
            Self.counting, [.int64(Int64(Self.maximumCount))], settings: TenantScope.everyTenant, as: .read)
        return Int(try result.first?.int64(0) ?? 0)
    }

    static let maximumCount = 10_000

    private static let counting: PostgresStatement = """
        SELECT count(*) FROM (
            SELECT FROM main.subscription_billing WHERE parked_on IS NOT NULL ORDER BY parked_on LIMIT $1) AS parked
        """

    /// For how long the oldest of what is due has been due; nil if nothing is.
    func overdue() async throws(PostgresError) -> Duration? {
        try await pool.query(Self.measuring, settings: TenantScope.everyTenant, as: .read).first?.int64IfPresent(0)
            .map { .microseconds($0) }
    }

    private static let measuring: PostgresStatement = """
        SELECT (extract(epoch FROM now() - min(due_at)) * 1000000)::bigint FROM main.subscription_billing
        WHERE due_at <= now()
        """

    // MARK: Test clocks

    /// What is due of a tenant by its test clock.
    struct Due: Sendable, Hashable {
        /// Subscriptions that a worker will take, or has taken.
        let waiting: Int
        /// Subscriptions that wait for somebody.
        let parked: Int
    }

    /// Makes due what a tenant's test clock has reached.
    func wake(_ tenant: Identifier) async throws(PostgresError) -> Due {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add(Self.waking, [.identifier(tenant)])
        let due = batch.add(Self.reading, [.identifier(tenant)])
        let row = try await pool.run(batch)[due].first
        return Due(waiting: Int(try row?.int64(0) ?? 0), parked: Int(try row?.int64(1) ?? 0))
    }

    private static let waking: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT id FROM main.subscription_billing
            WHERE tenant_id = $1 AND next_due_on <= main.tenant_now($1) AND due_at IS NULL AND parked_on IS NULL
            ORDER BY id FOR UPDATE)
        UPDATE main.subscription_billing AS billing SET due_at = now() FROM due
        WHERE billing.id = due.id AND billing.due_at IS NULL
        """

    private static let reading: PostgresStatement = """
        SELECT count(*) FILTER (WHERE parked_on IS NULL), count(*) FILTER (WHERE parked_on IS NOT NULL)
        FROM main.subscription_billing WHERE tenant_id = $1 AND next_due_on <= main.tenant_now($1)
        """
}
