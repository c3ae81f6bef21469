import Entities
import PostgresClient
import Primitives

/// SQL of the tier of a tenant's plan: that of its newest subscription that is ACTIVE.
struct SubscribedTier: Sendable {
    let pool: PostgresPool

    func tier(of tenant: Identifier) async throws(PostgresError) -> String? {
        let result = try await pool.query(
            Self.latest, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        return try result.first?.textIfPresent(0)
    }

    private static let latest = PostgresStatement(
        """
        SELECT plans.tier FROM main.subscriptions JOIN main.plans ON plans.id = subscriptions.plan_id
        WHERE subscriber_id = $1 AND status = \(TenantSubscription.Status.active.rawValue) AND NOT subscriptions.deleted
        ORDER BY subscriptions.created_on DESC LIMIT 1
        """)
}
