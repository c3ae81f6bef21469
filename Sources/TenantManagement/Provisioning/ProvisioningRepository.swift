import Entities
import PostgresClient
import Primitives

/// SQL of provisionings.
struct ProvisioningRepository: Sendable {
    let pool: PostgresPool
    let systemUser: SystemUser

    /// A provisioning as the callback's verification needs it.
    struct Provisioning: Sendable {
        let context: Identifier
        let kind: ProvisioningKind
        let status: ProvisioningStatus
        let subscriptionID: String?
        let callbackDigest: [UInt8]?
        let completedOn: Timestamp?

        fileprivate init(_ row: PostgresRow) throws(PostgresError) {
            context = try row.identifier(0)
            // The table allows no other values.
            status = ProvisioningStatus(rawValue: Int16(clamping: try row.int64(1))) ?? .failed
            subscriptionID = try row.textIfPresent(2)
            callbackDigest = try row.bytesIfPresent(3)
            completedOn = try row.timestampIfPresent(4)
            kind = ProvisioningKind(rawValue: Int16(clamping: try row.int64(5))) ?? .provision
        }
    }

    /// The open provisioning of a tenant, otherwise the newest one by the clocks of the nodes; nil if there was none.
    /// - Parameters:
    ///   - kind: nil for any.
    ///   - status: nil for any.
    func latest(
        of tenant: Identifier, kind: ProvisioningKind? = nil, status: ProvisioningStatus? = nil
    ) async throws(PostgresError) -> Provisioning? {
        try await read(
            Self.findLatest,
            [.identifier(tenant), .optional(kind) { $0.value }, .optional(status) { $0.value }, .int64(1)]
        ).first
    }

    /// The open provisioning of a tenant, and the newest ones.
    func latest(of tenant: Identifier, limit: Int) async throws(PostgresError) -> [Provisioning] {
        try await read(Self.findLatest, [.identifier(tenant), .null, .null, .int64(Int64(limit))])
    }

    /// The provisioning with a context; nil when there is none.
    func provisioning(_ context: Identifier) async throws(PostgresError) -> Provisioning? {
        try await read(Self.find, [.identifier(context)]).first
    }

    /// The provisioning with a context, if it is the tenant's.
    func provisioning(
        _ context: Identifier, of tenant: Identifier
    ) async throws(PostgresError) -> Provisioning? {
        try await read(Self.findOfTenant, [.identifier(context), .identifier(tenant)]).first
    }

    /// The trace in which a lead has registered; nil if it was not traced.
    func trace(ofLead lead: Identifier) async throws(PostgresError) -> TraceContext? {
        let result = try await pool.query(
            Self.traceOfLead, [.identifier(lead)], settings: TenantScope.everyTenant, as: .read)
        return try result.first?.textIfPresent(0).flatMap { TraceContext(stored: $0) }
    }

    private func read(
        _ statement: PostgresStatement, _ values: [PostgresValue]
    ) async throws(PostgresError) -> [Provisioning] {
        let result = try await pool.query(statement, values, settings: TenantScope.everyTenant, as: .read)
        var provisionings: [Provisioning] = []
        for row in result.rows { provisionings.append(try Provisioning(row)) }
        return provisionings
    }

    /// Starts a provisioning.
    static func insert(
        _ context: Identifier, kind: ProvisioningKind, tenant: Identifier, subscription: String?, tier: String?,
        now: Timestamp,
        expires: Timestamp
    ) -> BoundStatement {
        BoundStatement(
            """
            INSERT INTO main.provisionings (id, tenant_id, subscription_id, requested_on, expires_on, kind, tier)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                .identifier(context), .identifier(tenant), .optional(subscription) { .text($0) }, .timestamp(now),
                .timestamp(expires), kind.value,
                // As the orchestrator accepts it.
                .optional(tier.flatMap { $0.utf8.contains(0) ? nil : $0 }) { .text($0) },
            ])
    }

    /// Ends an open provisioning of a tenant as failed, because another one replaces it.
    static func abandon(tenant: Identifier, now: Timestamp) -> BoundStatement {
        BoundStatement(abandoning, [.identifier(tenant), .timestamp(now)])
    }

    /// Fails provisionings without a callback, and their tenants. Locks the tenant before its provisioning, as all other writers
    /// do, and leaves locked tenants to the next round.
    /// - Returns: The tenants with their new versions.
    func expire(now: Timestamp, limit: Int) async throws(PostgresError) -> [RowVersion] {
        let result = try await pool.query(
            Self.expiring,
            [.timestamp(now), .int64(Int64(limit)), .optional(systemUser.identifier) { .identifier($0) }],
            settings: TenantScope.everyTenant)
        var tenants: [RowVersion] = []
        for row in result.rows { tenants.append(RowVersion(id: try row.identifier(0), version: try row.int64(1))) }
        return tenants
    }

    // MARK: Statements

    private static let traceOfLead: PostgresStatement = "SELECT traceparent FROM main.leads WHERE id = $1"

    private static let columns = "id, status, subscription_id, callback_digest, completed_on, kind"
    // Part of the text, because partial indexes are defined by them.
    private static let open = ProvisioningStatus.open.rawValue
    private static let failed = ProvisioningStatus.failed.rawValue

    private static let findLatest = PostgresStatement(
        """
        SELECT \(columns) FROM main.provisionings
        WHERE tenant_id = $1 AND ($2::smallint IS NULL OR kind = $2) AND ($3::smallint IS NULL OR status = $3)
        ORDER BY (status = \(open)) DESC, requested_on DESC LIMIT $4
        """)

    private static let find = PostgresStatement("SELECT \(columns) FROM main.provisionings WHERE id = $1")

    private static let findOfTenant = PostgresStatement(
        "SELECT \(columns) FROM main.provisionings WHERE id = $1 AND tenant_id = $2")

    private static let abandoning = PostgresStatement(
        """
        UPDATE main.provisionings SET status = \(failed), completed_on = $2
        WHERE tenant_id = $1 AND status = \(open)
        """)

    private static let expiring = PostgresStatement(
        """
        WITH stale AS (
            SELECT id, tenant_id FROM main.provisionings WHERE status = \(open) AND expires_on < $1
            ORDER BY expires_on LIMIT $2),
        locked AS MATERIALIZED (
            SELECT id FROM main.tenants WHERE id IN (SELECT tenant_id FROM stale)
            ORDER BY id FOR UPDATE SKIP LOCKED),
        closed AS (
            UPDATE main.provisionings SET status = \(failed), completed_on = $1 FROM stale, locked
            WHERE provisionings.id = stale.id AND provisionings.status = \(open) AND locked.id = stale.tenant_id
            RETURNING provisionings.tenant_id)
        UPDATE main.tenants SET status = \(Tenant.Status.provisionFailed.rawValue), modified_by = $3 FROM closed
        WHERE tenants.id = closed.tenant_id AND tenants.status = \(Tenant.Status.provisioning.rawValue)
            AND NOT tenants.deleted
        RETURNING tenants.id, tenants.row_version
        """)
}
