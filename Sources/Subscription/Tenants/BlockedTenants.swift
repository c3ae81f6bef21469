import Entities
import PostgresClient
import Primitives

/// SQL of the tenants that may neither act nor subscribe. Tenant management decides; a tenant that it has not reported is not
/// blocked.
struct BlockedTenants: Sendable {
    let pool: PostgresPool

    /// Whether a tenant's users may act.
    func isAdmitted(_ tenant: Identifier) async throws(PostgresError) -> Bool {
        try await pool.query(
            Self.finding, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read
        ).first == nil
    }

    private static let finding: PostgresStatement = """
        SELECT 1 FROM main.blocked_tenants WHERE tenant_id = $1 AND is_blocked
        """

    /// The statement that fails (`isGuardViolation`) for a blocked tenant.
    static func refusing(_ tenant: Identifier) -> BoundStatement { BoundStatement(guarding, [.identifier(tenant)]) }

    private static let guarding: PostgresStatement = """
        SELECT 1 / (1 - count(*)) FROM main.blocked_tenants WHERE tenant_id = $1 AND is_blocked
        """

    /// The statement that records what tenant management reports, unless it has reported something later already.
    static func record(
        _ tenant: Identifier, isBlocked: Bool, version: Int64, at now: Timestamp
    ) -> BoundStatement {
        BoundStatement(
            recording, [.identifier(tenant), .bool(isBlocked), .int64(version), .timestamp(now)])
    }

    private static let recording: PostgresStatement = """
        INSERT INTO main.blocked_tenants AS known (tenant_id, is_blocked, tenant_version, changed_on)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id) DO UPDATE SET
            is_blocked = excluded.is_blocked, tenant_version = excluded.tenant_version, changed_on = excluded.changed_on
        WHERE known.tenant_version < excluded.tenant_version
        """
}
