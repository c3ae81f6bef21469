import Billing
import Entities
import PostgresClient
import Primitives

/// SQL of changes of prices beside the work itself.
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

    /// The statement that records what becomes of a subscription, once.
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
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (repricing_id, subscription_id) DO NOTHING
        """

    /// The statement that begins one.
    func insertion(of values: FieldValues, in scope: TenantScope) throws(RepositoryError) -> BoundStatement {
        try repricings.insertStatement(values, in: scope)
    }

    /// The statement that makes one due.
    static func begin(_ id: Identifier) -> BoundStatement { BoundStatement(beginning, [.identifier(id)]) }

    private static let beginning: PostgresStatement = "UPDATE main.plan_repricings SET due_at = now() WHERE id = $1"
}
