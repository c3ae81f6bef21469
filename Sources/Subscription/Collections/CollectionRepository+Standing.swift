import Entities
import PostgresClient
import Primitives

// What follows from collections: how subscriptions and tenants stand, what test clocks have reached, and figures.
extension CollectionRepository {
    // MARK: Standing

    /// The statement that says how a subscription stands by what is late of it. The row changes only if it stands otherwise.
    static func standing(of subscription: Identifier) -> BoundStatement {
        BoundStatement(standing, [.identifier(subscription)])
    }

    private static let standing: PostgresStatement = """
        UPDATE main.subscriptions AS owing SET payment_state = late.state
        FROM (SELECT CASE WHEN bool_or(held.state = 'unpaid') THEN 'unpaid' WHEN count(*) > 0 THEN 'past_due' END AS state
            FROM main.invoice_collections AS held JOIN main.subscriptions AS own ON own.subscriber_id = held.tenant_id
            WHERE own.id = $1 AND held.subscription_id = $1 AND held.state IN ('past_due', 'unpaid')) AS late
        WHERE owing.id = $1 AND owing.payment_state IS DISTINCT FROM late.state
        """

    /// The statement that asks for a tenant's suspension; it returns the version of the report, and no row if it was asked for already.
    static func suspend(_ tenant: Identifier) -> BoundStatement { BoundStatement(suspending, [.identifier(tenant)]) }

    private static let suspending: PostgresStatement = """
        INSERT INTO main.billing_standings AS standing (tenant_id, is_suspended) VALUES ($1, true)
        ON CONFLICT (tenant_id) DO UPDATE SET is_suspended = true, version = standing.version + 1
        WHERE NOT standing.is_suspended
        RETURNING version
        """

    /// The statements that end a tenant's suspension if nothing is left that is unpaid; the last one returns the version of the report.
    static func restore(_ tenant: Identifier) -> [BoundStatement] {
        [
            BoundStatement(lockingStanding, [.identifier(tenant)]), BoundStatement(restoring, [.identifier(tenant)]),
        ]
    }

    private static let lockingStanding: PostgresStatement =
        "SELECT version FROM main.billing_standings WHERE tenant_id = $1 FOR UPDATE"

    private static let restoring: PostgresStatement = """
        UPDATE main.billing_standings SET is_suspended = false, version = version + 1
        WHERE tenant_id = $1 AND is_suspended
            AND NOT EXISTS (SELECT FROM main.invoice_collections WHERE tenant_id = $1 AND state = 'unpaid')
        RETURNING version
        """

    // MARK: Test clocks

    /// Makes due what a tenant's test clock has reached.
    /// - Returns: How much a worker will take, or has taken.
    func wake(_ tenant: Identifier) async throws(PostgresError) -> Int {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add(Self.waking, [.identifier(tenant)])
        let due = batch.add(Self.countingDue, [.identifier(tenant)])
        return Int(try await pool.run(batch)[due].first?.int64(0) ?? 0)
    }

    private static let waking: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT id FROM main.invoice_collections
            WHERE tenant_id = $1 AND next_due_on <= main.tenant_now($1) AND due_at IS NULL
                AND (paused_on IS NULL OR attempted_on IS NOT NULL)
            ORDER BY id FOR UPDATE)
        UPDATE main.invoice_collections AS held SET due_at = now() FROM due WHERE held.id = due.id AND held.due_at IS NULL
        """

    private static let countingDue: PostgresStatement = """
        SELECT count(*) FROM main.invoice_collections
        WHERE tenant_id = $1 AND next_due_on <= main.tenant_now($1) AND (paused_on IS NULL OR attempted_on IS NOT NULL)
        """

    // MARK: Figures

    /// How many invoices are in each state that somebody may have to look at; counting stops at ``maximumCount``.
    func counts() async throws(PostgresError) -> [(name: String, count: Int)] {
        let row = try await pool.query(
            Self.counting, [.int64(Int64(Self.maximumCount))], settings: TenantScope.everyTenant, as: .read
        ).first
        var counts: [(name: String, count: Int)] = []
        for (column, name) in Self.countNames.enumerated() {
            counts.append((name: name, count: Int(try row?.int64(column) ?? 0)))
        }
        return counts
    }

    static let maximumCount = 10_000
    private static let countNames = ["past_due", "unpaid", "paying"]

    private static let counting: PostgresStatement = """
        SELECT (SELECT count(*) FROM (SELECT FROM main.invoice_collections WHERE state = 'past_due' LIMIT $1) AS late),
            (SELECT count(*) FROM (SELECT FROM main.invoice_collections WHERE state = 'unpaid' LIMIT $1) AS unpaid),
            (SELECT count(*) FROM (SELECT FROM main.invoice_collections WHERE attempted_on IS NOT NULL LIMIT $1) AS paying)
        """
}
