import Billing
import Entities
import PostgresClient
import Primitives

/// SQL of repricings, other than that of the leased work.
struct RepricingRepository: Sendable {
    let repricings: EntityRepository

    var pool: PostgresPool { repricings.pool }

    /// A subscription to look at.
    struct Subscriber: Sendable, Hashable {
        let subscription: Identifier
        let tenant: Identifier
    }

    /// The next subscriptions to a plan that were not looked at.
    func subscribers(
        of plan: Identifier, after cursor: Identifier?, limit: Int
    ) async throws -> [Subscriber] {
        let result = try await pool.query(
            Self.reading, [.identifier(plan), .optional(cursor) { .identifier($0) }, .int64(Int64(limit))],
            settings: TenantScope.everyTenant, as: .read)
        return try result.rows.map { Subscriber(subscription: try $0.identifier(0), tenant: try $0.identifier(1)) }
    }

    private static let reading: PostgresStatement = """
        SELECT subscription.id, subscription.subscriber_id FROM main.subscriptions AS subscription
        WHERE subscription.plan_id = $1 AND ($2::uuid IS NULL OR subscription.id > $2) AND NOT subscription.deleted
            AND EXISTS (SELECT FROM main.subscription_billing AS billing WHERE billing.id = subscription.id)
        ORDER BY subscription.id LIMIT $3
        """

    /// Those that were looked at before a worker was interrupted.
    func known(_ subscriptions: [Identifier], in repricing: Identifier) async throws -> Set<Identifier> {
        let result = try await pool.query(
            Self.finding, [.identifier(repricing), .identifierArray(subscriptions)],
            settings: TenantScope.everyTenant, as: .read)
        return Set(try result.rows.map { try $0.identifier(0) })
    }

    private static let finding: PostgresStatement = """
        SELECT subscription_id FROM main.repriced_subscriptions WHERE repricing_id = $1 AND subscription_id = ANY($2)
        """

    /// The statement that fails with ``isOver(_:)``, and its transaction with it, if a repricing was canceled, or has done a subscription
    /// already. Until the transaction ends, nobody can cancel the repricing.
    static func guarding(_ subscription: Identifier, in repricing: Identifier) -> BoundStatement {
        BoundStatement(opening, [.identifier(repricing), .identifier(subscription)])
    }

    private static let opening: PostgresStatement = """
        SELECT 1 / count(*) FROM (
            SELECT id FROM main.plan_repricings WHERE id = $1 AND state = 'running' AND NOT EXISTS (
                SELECT FROM main.repriced_subscriptions WHERE repricing_id = $1 AND subscription_id = $2)
            FOR KEY SHARE) AS open
        """

    /// Whether an error is that of ``guarding(_:in:)``.
    static func isOver(_ error: any Error) -> Bool {
        error as? RepositoryError == .unexpected(sqlState: .divisionByZero)
    }

    /// Locks a change of prices, so that nothing more is done of it; nil if there is none.
    static func lock(_ id: Identifier, _ transaction: PostgresTransaction) async throws -> Repricing.State? {
        try await transaction.query(locking, [.identifier(id)]).first.flatMap { row in
            Repricing.State(rawValue: try row.text(0))
        }
    }

    private static let locking: PostgresStatement =
        "SELECT state::text FROM main.plan_repricings WHERE id = $1 AND NOT deleted FOR UPDATE"

    /// The statement that ends one that is locked, with what it has come to so far.
    static func cancellation(of id: Identifier) -> BoundStatement { BoundStatement(canceling, [.identifier(id)]) }

    private static let canceling = PostgresStatement(
        """
        UPDATE main.plan_repricings AS repricing
        SET state = 'canceled', due_at = NULL, claim = NULL, affected = done.affected, skipped = done.skipped,
            checked = greatest(repricing.checked, done.affected + done.skipped), totals = (\(RepricingStore.totals))
        FROM (
            SELECT count(*) FILTER (WHERE state = 'affected') AS affected,
                count(*) FILTER (WHERE state = 'skipped') AS skipped
            FROM main.repriced_subscriptions WHERE repricing_id = $1) AS done
        WHERE repricing.id = $1
        """)

    /// The statement that records what becomes of a subscription, once, and while the change of prices goes on.
    static func record(
        _ subscriber: Subscriber, in repricing: Identifier, _ effect: RepricingRule.Effect?,
        effectiveOn: CalendarDate?, reason: RepricedSubscription.Reason?
    ) -> BoundStatement {
        func money(_ minorUnits: Int64?) -> PostgresValue {
            guard let effect, let minorUnits else { return .null }
            return .text(Money(minorUnits: minorUnits, currency: effect.currency).decimalText)
        }
        return BoundStatement(
            recording,
            [
                .identifier(.v4()), .identifier(repricing), .identifier(subscriber.tenant),
                .identifier(subscriber.subscription),
                .text((reason == nil ? RepricedSubscription.State.affected : .skipped).rawValue),
                .optional(reason) { .text($0.rawValue) }, .optional(effect) { .text($0.currency.code) },
                .optional(effect) { .text($0.quantity.decimalText(places: 12)) },
                .optional(effect) { .text($0.currency.majorText($0.priceBefore)) },
                .optional(effect) { .text($0.currency.majorText($0.priceAfter)) }, money(effect?.monthlyBefore),
                money(effect?.monthlyAfter), money(effect?.difference),
                .optional(effectiveOn) { .text($0.description) },
            ])
    }

    private static let recording: PostgresStatement = """
        INSERT INTO main.repriced_subscriptions (
            id, repricing_id, tenant_id, subscription_id, state, reason, currency, quantity, price_before, price_after,
            monthly_before, monthly_after, difference, effective_on)
        SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text,
            $11::text, $12::text, $13::text, $14::text
        FROM main.plan_repricings WHERE id = $2 AND state = 'running' FOR KEY SHARE
        ON CONFLICT (repricing_id, subscription_id) DO NOTHING
        """
}
