import Entities
import JSONCoding
import PostgresClient
import Primitives
import Sealing

/// What identity providers read and keep of a tenant.
struct IdentityProviderRepository: Sendable {
    let pool: PostgresPool
    let sealer: IdentitySecretSealer
    let systemUser: SystemUser
    let clock: any WallClock

    /// The key of a tenant that exists; nil when there is none.
    func key(of tenant: Identifier) async throws(PostgresError) -> String? {
        let result = try await pool.query(
            "SELECT key FROM main.tenants WHERE id = $1 AND NOT deleted", [.identifier(tenant)],
            settings: TenantScope.everyTenant, as: .read)
        return try result.first?.text(0)
    }

    /// A setting of a tenant, the newest of its name; nil when there is none.
    func config(_ key: String, of tenant: Identifier) async throws(PostgresError) -> JSONValue? {
        let result = try await pool.query(
            """
            SELECT config_value FROM main.tenant_mgmt_configs
            WHERE tenant_id = $1 AND config_key = $2 AND NOT deleted ORDER BY created_on DESC, id DESC LIMIT 1
            """, [.identifier(tenant), .text(key)], settings: TenantScope.everyTenant, as: .read)
        return try result.first?.jsonIfPresent(0).flatMap { try? JSONValue.parse(stored: $0) }
    }

    /// Keeps a setting of a tenant, in place of the one of that name if there is one. The tenant's row is locked
    /// meanwhile, so that two deliveries at once do not leave two of them.
    func store(_ value: JSONValue, as key: String, of tenant: Identifier) async throws(PostgresError) {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add("SELECT 1 FROM main.tenants WHERE id = $1 FOR UPDATE", [.identifier(tenant)])
        batch.add(
            """
            WITH changed AS (
                UPDATE main.tenant_mgmt_configs SET config_value = $3, modified_by = $5
                WHERE tenant_id = $1 AND config_key = $2 AND NOT deleted RETURNING 1)
            INSERT INTO main.tenant_mgmt_configs (id, tenant_id, config_key, config_value, created_by, modified_by)
            SELECT $4, $1, $2, $3, $5::uuid, $5::uuid WHERE NOT EXISTS (SELECT FROM changed)
            """,
            [
                .identifier(tenant), .text(key), .json(value.serialized()), .identifier(.v7(at: clock.now())),
                .optional(systemUser.identifier) { .identifier($0) },
            ])
        _ = try await pool.run(batch)
    }
}
