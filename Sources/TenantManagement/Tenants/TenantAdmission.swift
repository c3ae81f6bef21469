import Entities
import PostgresClient
import Primitives

/// Whether a tenant's users may act: the tenant exists and is neither deleted nor suspended. Other services learn of changes by
/// `TENANT_ACCESS_CHANGED`, which a trigger of `main.tenants` publishes.
struct TenantAdmission: Sendable {
    let pool: PostgresPool

    func isAdmitted(_ tenant: Identifier) async throws(PostgresError) -> Bool {
        let result = try await pool.query(Self.admitting, [.identifier(tenant)], settings: TenantScope.everyTenant)
        return try result.first?.bool(0) ?? false
    }

    // 4 is DEPROVISIONING, 5 INACTIVE; the same in the trigger.
    private static let admitting: PostgresStatement = """
        SELECT NOT deleted AND status NOT IN (4, 5) FROM main.tenants WHERE id = $1
        """
}
