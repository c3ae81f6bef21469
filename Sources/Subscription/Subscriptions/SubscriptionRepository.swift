import Billing
import Entities
import PostgresClient
import Primitives

/// SQL of subscriptions.
struct SubscriptionRepository: Sendable {
    /// The rows by their description.
    let entities: EntityRepository

    private var pool: PostgresPool { entities.pool }

    /// A subscription whose time is over, or will be soon.
    struct Expiring: Sendable {
        let id: Identifier
        let subscriber: Identifier
        /// As it is stored: a day, as a rule.
        let endDate: String
    }

    /// The ACTIVE subscriptions that end after one day and before or on another, the earliest first.
    func expiring(
        after first: CalendarDate, through last: CalendarDate, _ page: ExpiryPage, in scope: TenantScope
    ) async throws -> [Expiring] {
        try await expiring(ExpiryQuery.expiring(after: first, through: last, page, in: scope), in: scope)
    }

    /// The subscriptions that are EXPIRED, or still ACTIVE although `today` is not paid for, and ended after a day, the
    /// earliest first.
    func expired(
        by today: CalendarDate, endedAfter day: CalendarDate, _ page: ExpiryPage, in scope: TenantScope
    ) async throws -> [Expiring] {
        try await expiring(ExpiryQuery.expired(by: today, endedAfter: day, page, in: scope), in: scope)
    }

    private func expiring(_ query: BoundStatement, in scope: TenantScope) async throws -> [Expiring] {
        let result = try await pool.query(query, settings: scope.settings, as: .search)
        return try result.rows.map { row in
            Expiring(id: try row.identifier(0), subscriber: try row.identifier(1), endDate: try row.text(2))
        }
    }

    /// Marks ACTIVE subscriptions that have ended as EXPIRED, the earliest first. Leaves rows that are locked.
    /// - Returns: How many, at most `limit`.
    func expire(by today: CalendarDate, limit: Int, in system: TenantScope) async throws(PostgresError) -> Int {
        try await pool.query(
            Self.marking,
            [
                .text(today.description), .int64(Int64(limit)),
                .optional(system.actor.identifier) { .identifier($0) },
            ], settings: system.settings
        ).affectedRows
    }

    /// Rows that break a check which is not valid for old data (migration 3) would fail the batch, so they stay. So do those of tenants
    /// that live on another time.
    private static let marking = PostgresStatement(
        """
        WITH ended AS (
            SELECT id FROM main.subscriptions
            WHERE status = \(TenantSubscription.Status.active.rawValue) AND end_date <= $1 AND NOT deleted AND NOT renews
                AND NOT EXISTS (SELECT FROM main.subscription_billing AS billing WHERE billing.id = subscriptions.id)
                AND NOT EXISTS (SELECT FROM main.test_clocks AS clock WHERE clock.tenant_id = subscriptions.subscriber_id)
                AND NOT main.is_live(status, end_date, $1) AND (end_date >= start_date) IS NOT FALSE
            ORDER BY end_date, id LIMIT $2 FOR UPDATE SKIP LOCKED)
        UPDATE main.subscriptions SET status = \(TenantSubscription.Status.expired.rawValue), modified_by = $3
        FROM ended WHERE subscriptions.id = ended.id
        """)

    /// The same for tenants that live on test clocks, by the days that these show.
    func expireByTestClocks(limit: Int, in system: TenantScope) async throws(PostgresError) -> Int {
        try await pool.query(
            Self.markingByClock, [.int64(Int64(limit)), .optional(system.actor.identifier) { .identifier($0) }],
            settings: system.settings
        ).affectedRows
    }

    private static let markingByClock = PostgresStatement(
        """
        WITH clock AS MATERIALIZED (
            SELECT tenant_id, to_char(max(instant) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS today
            FROM main.test_clocks GROUP BY tenant_id),
        ended AS (
            SELECT subscription.id FROM clock JOIN main.subscriptions AS subscription ON subscription.subscriber_id = clock.tenant_id
            WHERE status = \(TenantSubscription.Status.active.rawValue) AND end_date <= clock.today AND NOT deleted AND NOT renews
                AND NOT EXISTS (SELECT FROM main.subscription_billing AS billing WHERE billing.id = subscription.id)
                AND NOT main.is_live(status, end_date, clock.today) AND (end_date >= start_date) IS NOT FALSE
            ORDER BY end_date, subscription.id LIMIT $1 FOR UPDATE OF subscription SKIP LOCKED)
        UPDATE main.subscriptions SET status = \(TenantSubscription.Status.expired.rawValue), modified_by = $2
        FROM ended WHERE subscriptions.id = ended.id
        """)

    /// Marks all subscriptions of a tenant that have not ended as CANCELLED.
    /// - Returns: How many.
    func cancelAll(of tenant: Identifier, in context: WriteContext) async throws(PostgresError) -> Int {
        var batch = context.batch(resource: nil)
        let index = batch.add(
            Self.cancelingAll,
            [.identifier(tenant), .optional(context.actor.identifier) { .identifier($0) }])
        return try await pool.run(batch)[index].affectedRows
    }

    private static let cancelingAll = PostgresStatement(
        """
        UPDATE main.subscriptions SET status = \(TenantSubscription.Status.cancelled.rawValue), modified_by = $2
        WHERE subscriber_id = $1 AND NOT deleted AND status IN (
            \(TenantSubscription.Status.pending.rawValue), \(TenantSubscription.Status.active.rawValue),
            \(TenantSubscription.Status.inactive.rawValue)) AND (end_date >= start_date) IS NOT FALSE
        """)

    /// The statement that fails when a subscription that was just restored is one live subscription too many.
    func reserveAgain(_ id: Identifier, general: Int, on today: CalendarDate) -> BoundStatement {
        BoundStatement(
            Self.reserving,
            [
                .identifier(id), .int32(Int32(clamping: general)), .text(Plan.tenantLimitKey),
                .text(today.description),
            ])
    }

    private static let reserving = PostgresStatement(
        """
        SELECT main.reserve_subscription(row.subscriber_id, row.plan_id, $2, \(planLimit("$3")), $4, row.id)
        FROM main.subscriptions AS row JOIN main.plans AS plan ON plan.id = row.plan_id
        WHERE row.id = $1 AND ((row.status = \(TenantSubscription.Status.active.rawValue) AND row.renews)
            OR main.is_live(row.status, row.end_date, $4))
        """)

    /// The limit that the plan of a subscription sets; nil when the general one holds. The subscription may be
    /// deleted.
    func planLimit(of id: Identifier, in scope: TenantScope) async throws(PostgresError) -> Int? {
        let result = try await pool.query(
            Self.limiting, [.identifier(id), .text(Plan.tenantLimitKey)], settings: scope.settings, as: .read)
        guard let row = result.first, !row.isNull(0) else { return nil }
        return try row.int(0)
    }

    private static let limiting = PostgresStatement(
        """
        SELECT \(planLimit("$2"))
        FROM main.subscriptions AS row JOIN main.plans AS plan ON plan.id = row.plan_id WHERE row.id = $1
        """)

    /// - Parameter key: The parameter with the name of the limit among the metadata of the row called `plan`.
    private static func planLimit(_ key: String) -> String {
        """
        CASE WHEN jsonb_typeof(plan.meta_data -> \(key)::text) = 'number'
            THEN trunc(least((plan.meta_data ->> \(key)::text)::numeric, 1000000))::integer END
        """
    }

    /// The statement that lets the engine bill a subscription again that was just restored.
    static func billAgain(_ id: Identifier) -> BoundStatement { BoundStatement(billingAgain, [.identifier(id)]) }

    private static let billingAgain: PostgresStatement = """
        UPDATE main.subscription_billing SET next_due_on = coalesce(next_due_on, now()), due_at = coalesce(due_at, now())
        WHERE id = $1
        """

    /// Which of these subscriptions the engine bills.
    func billedByEngine(
        _ ids: [Identifier], _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Set<Identifier> {
        let result = try await transaction.query(Self.findingBilled, [.identifierArray(ids)])
        var billed: Set<Identifier> = []
        for row in result.rows { billed.insert(try row.identifier(0)) }
        return billed
    }

    private static let findingBilled: PostgresStatement =
        "SELECT id FROM main.subscription_billing WHERE id = ANY($1)"

    /// Which rows a change is about.
    enum Target: Sendable {
        case id(Identifier)
        /// Rows that match, so many at most.
        case condition(Where, limit: Int)
    }

    /// A row; nil if there is none.
    /// - Parameter isLocked: Whether it is locked until the end of the transaction.
    func read(
        _ id: Identifier, in scope: TenantScope, _ transaction: PostgresTransaction, isLocked: Bool
    ) async throws -> Record? {
        guard !isLocked else { return try await lock(.id(id), in: scope, transaction).first }
        let select = try entities.selectByID(id, in: scope)
        return entities.records(try await transaction.query(select.statement), select.projection).first
    }

    /// Reads rows and locks them until the end of the transaction, in the order of their ids.
    func lock(
        _ target: Target, in scope: TenantScope, _ transaction: PostgresTransaction
    ) async throws -> RecordList {
        // One row is read by the same statement again and again.
        let (select, isRepeated) =
            switch target {
            case .id(let id): (try entities.selectByID(id, in: scope), true)
            case .condition(let condition, let limit):
                (
                    try entities.selectStatement(
                        Filter(where: condition, order: [Order(Entity.id)], limit: limit), in: scope), false
                )
            }
        let locking = PostgresStatement(select.statement.sql + " FOR UPDATE", prepared: isRepeated)
        return entities.records(try await transaction.query(locking, select.statement.values), select.projection)
    }
}
