import Entities
import PostgresClient
import Primitives

/// SQL of whether a tenant's users may act: the tenant exists and is neither deleted nor suspended. Other services learn of
/// changes from `TENANT_ACCESS_CHANGED`, which a trigger of `main.tenants` publishes by the same rule, `main.is_blocked`.
struct TenantAdmission: Sendable {
    let pool: PostgresPool

    func isAdmitted(_ tenant: Identifier) async throws(PostgresError) -> Bool {
        let result = try await pool.query(
            Self.admitting, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        return try result.first?.bool(0) ?? false
    }

    private static let admitting: PostgresStatement = """
        SELECT NOT main.is_blocked(status, deleted) FROM main.tenants WHERE id = $1
        """
}
