import Entities
import PostgresClient
import Primitives

/// SQL of the tier of a tenant's plan, as tenant management knows it: the one for which the tenant was last provisioned or moved.
/// Plans belong to the subscription service, which names the tier when it asks for provisioning.
struct ProvisionedTier: Sendable {
    let pool: PostgresPool

    func tier(of tenant: Identifier) async throws(PostgresError) -> String? {
        let result = try await pool.query(
            Self.latest, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        return try result.first?.textIfPresent(0)
    }

    private static let latest: PostgresStatement = """
        SELECT tier FROM main.provisionings WHERE tenant_id = $1 AND tier IS NOT NULL
        ORDER BY requested_on DESC LIMIT 1
        """
}
