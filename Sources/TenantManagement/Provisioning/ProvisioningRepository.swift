import Entities
import PostgresClient
import Primitives

/// SQL of provisionings.
struct ProvisioningRepository: Sendable {
    let pool: PostgresPool
    let systemUser: SystemUser

    /// A provisioning as the call-back's verification needs it.
    struct Provisioning: Sendable {
        let context: Identifier
        let status: Int
        let subscriptionID: String?
        let callbackDigest: [UInt8]?
        let completedOn: Timestamp?
    }

    /// The open provisioning of a tenant, else its newest by the nodes' clocks; nil when it never was provisioned.
    func latest(of tenant: Identifier) async throws(PostgresError) -> Provisioning? {
        let result = try await pool.query(
            """
            SELECT id, status, subscription_id, callback_digest, completed_on FROM main.provisionings
            WHERE tenant_id = $1 ORDER BY (status = 0) DESC, requested_on DESC LIMIT 1
            """, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first else { return nil }
        return Provisioning(
            context: try row.identifier(0), status: Int(try row.int64(1)), subscriptionID: try row.textIfPresent(2),
            callbackDigest: try row.bytesIfPresent(3), completedOn: try row.timestampIfPresent(4))
    }

    /// Ends the open provisioning of a tenant.
    static func close(
        tenant: Identifier, succeeded: Bool, digest: [UInt8]?, now: Timestamp
    ) -> BoundStatement {
        BoundStatement(
            """
            UPDATE main.provisionings SET status = $2, completed_on = $3, callback_digest = $4
            WHERE tenant_id = $1 AND status = 0
            """,
            [
                .identifier(tenant), .int16(succeeded ? 1 : 2), .timestamp(now),
                digest.map { .bytes($0) } ?? .null,
            ])
    }

    /// Gives up provisionings whose call-back never came: they and their tenants have failed.
    /// - Returns: The tenants with their new versions.
    func expire(now: Timestamp, limit: Int) async throws(PostgresError) -> [RowVersion] {
        let result = try await pool.query(
            """
            WITH stale AS (
                SELECT id, tenant_id FROM main.provisionings WHERE status = 0 AND expires_on < $1
                ORDER BY expires_on LIMIT $2 FOR UPDATE SKIP LOCKED),
            closed AS (
                UPDATE main.provisionings SET status = 2, completed_on = $1 FROM stale
                WHERE provisionings.id = stale.id)
            UPDATE main.tenants SET status = 3, modified_by = $3 FROM stale
            WHERE tenants.id = stale.tenant_id AND tenants.status = 2 AND NOT tenants.deleted
            RETURNING tenants.id, tenants.row_version
            """,
            [.timestamp(now), .int64(Int64(limit)), .optional(systemUser.identifier) { .identifier($0) }],
            settings: TenantScope.everyTenant)
        var tenants: [RowVersion] = []
        for row in result.rows { tenants.append(RowVersion(id: try row.identifier(0), version: try row.int64(1))) }
        return tenants
    }
}
