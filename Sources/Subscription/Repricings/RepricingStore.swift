import Entities
import JSONCoding
import PostgresClient
import Primitives
import WorkQueue

/// Running repricings, as leased work.
struct RepricingStore: LeasedStore {
    static let queue = "repricings"

    typealias Output = Batch

    /// What a batch has come to.
    struct Batch: Sendable {
        /// The subscriptions that were looked at.
        let subscriptions: [Identifier]
        /// Whether there are no more.
        let isLast: Bool
    }

    private let pool: PostgresPool
    private let table: LeasedTable
    private let announcements = WorkAnnouncements()

    init(pool: PostgresPool) {
        self.pool = pool
        table = LeasedTable(pool: pool, settings: TenantScope.everyTenant, statements: Self.statements)
    }

    /// Notifies the worker of this process that there is something to do.
    func announce() { announcements.announce() }

    func watch(_ signals: WorkSignals) async { announcements.watch(signals) }

    func claim(_ request: ClaimRequest) async throws -> [RepricingWork] {
        try await table.claim(request) { handle, row in
            RepricingWork(
                handle: handle, plan: try row.identifier(1), version: try row.identifier(2),
                isDryRun: try row.bool(3), prices: try JSONValue.parse(stored: row.json(4)),
                cursor: try row.identifierIfPresent(5), failures: try row.int(6))
        }
    }

    func renew(_ items: [RepricingWork], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(
        _ settlements: [(item: RepricingWork, settlement: Settlement<Batch>)]
    ) async throws -> Set<RowClaim> {
        try await table.settle(settlements) { work, batch in
            BoundStatement(
                Self.ending,
                work.handle.values + [.identifierArray(batch.subscriptions.sorted()), .bool(batch.isLast)])
        }
    }

    func timeUntilDue() async throws -> Duration? { try await table.timeUntilDue() }

    func backlog() async throws -> WorkBacklog? { try await table.backlog(Self.queue) }

    private static let statements = LeasedTableStatements(
        table: "main.plan_repricings",
        returning: "plan_id, version_id, is_dry_run, prices, last_subscription_id, attempts",
        givingUp: """
            UPDATE main.plan_repricings
            SET attempts = attempts + 1, due_at = NULL, claim = NULL, last_error = $3, state = 'failed'
            WHERE id = $1 AND claim = $2
            """)

    /// Counts what the batch has come to, and what all have come to when it was the last one. The next batch is due at once.
    private static let ending = PostgresStatement(
        """
        UPDATE main.plan_repricings AS repricing
        SET checked = repricing.checked + cardinality($3::uuid[]),
            affected = repricing.affected + batch.affected, skipped = repricing.skipped + batch.skipped,
            last_subscription_id = coalesce(($3::uuid[])[cardinality($3::uuid[])], repricing.last_subscription_id),
            state = CASE WHEN $4 THEN 'done' ELSE repricing.state END, totals = CASE WHEN $4 THEN (\(totals)) END,
            due_at = CASE WHEN $4 THEN NULL ELSE now() END, claim = NULL, attempts = 0, last_error = NULL
        FROM (
            SELECT count(*) FILTER (WHERE state = 'affected') AS affected,
                count(*) FILTER (WHERE state = 'skipped') AS skipped
            FROM main.repriced_subscriptions WHERE repricing_id = $1 AND subscription_id = ANY($3)) AS batch
        WHERE repricing.id = $1 AND repricing.claim = $2
        """)

    /// The totals of `$1`.
    static let totals = """
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'currency', currency, 'subscriptions', subscriptions, 'before', before::text, 'after', after::text,
            'difference', difference::text) ORDER BY currency), '[]')
        FROM (
            SELECT currency, count(*) AS subscriptions, sum(monthly_before::numeric) AS before,
                sum(monthly_after::numeric) AS after, sum(difference::numeric) AS difference
            FROM main.repriced_subscriptions WHERE repricing_id = $1 AND state = 'affected' GROUP BY currency) AS sums
        """
}
