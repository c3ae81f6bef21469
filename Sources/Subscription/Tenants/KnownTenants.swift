import Entities
import PostgresClient
import Primitives

/// SQL of the tenants that tenant management has reported. Until it has listed all of them, a tenant that it has not reported
/// may exist, and is admitted.
struct KnownTenants: Sendable {
    let pool: PostgresPool

    enum Standing: Sendable {
        /// May act and subscribe.
        case admitted
        /// Deleted or suspended.
        case blocked
        /// Was not reported: never existed, or was created a moment ago.
        case unknown
    }

    func standing(of tenant: Identifier) async throws(PostgresError) -> Standing {
        let result = try await pool.query(
            Self.asking, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first else { return .unknown }
        if let isBlocked = try row.boolIfPresent(0) { return isBlocked ? .blocked : .admitted }
        return try row.bool(1) ? .unknown : .admitted
    }

    private static let asking: PostgresStatement = """
        SELECT (SELECT is_blocked FROM main.known_tenants WHERE tenant_id = $1),
            (SELECT is_complete FROM main.tenant_list)
        """

    /// The statement that fails (`isGuardViolation`) unless a tenant is admitted.
    static func admitting(_ tenant: Identifier) -> BoundStatement { BoundStatement(guarding, [.identifier(tenant)]) }

    private static let guarding: PostgresStatement = """
        SELECT 1 / (CASE WHEN coalesce(
            (SELECT NOT is_blocked FROM main.known_tenants WHERE tenant_id = $1),
            NOT (SELECT is_complete FROM main.tenant_list)) THEN 1 ELSE 0 END)
        """

    // MARK: Reports

    /// What tenant management says about a tenant.
    struct Report: Sendable, Hashable {
        let tenant: Identifier
        let isBlocked: Bool
        /// The version of the tenant. An earlier one changes nothing, so neither the order nor repetitions matter.
        let version: Int64

        /// The tenant exists: all that the event of a provisioning says.
        static func existence(of tenant: Identifier) -> Report {
            Report(tenant: tenant, isBlocked: false, version: 0)
        }
    }

    /// The statement that records reports about different tenants.
    static func record(_ reports: [Report], at now: Timestamp) -> BoundStatement {
        BoundStatement(
            recording,
            [
                .identifierArray(reports.map(\.tenant)), .int64Array(reports.map { $0.isBlocked ? 1 : 0 }),
                .int64Array(reports.map(\.version)), .timestamp(now),
            ])
    }

    private static let recording: PostgresStatement = """
        INSERT INTO main.known_tenants AS known (tenant_id, is_blocked, tenant_version, changed_on)
        SELECT tenant, blocked <> 0, version, $4
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS report (tenant, blocked, version) ORDER BY tenant
        ON CONFLICT (tenant_id) DO UPDATE SET
            is_blocked = excluded.is_blocked, tenant_version = excluded.tenant_version, changed_on = excluded.changed_on
        WHERE known.tenant_version < excluded.tenant_version
        """

    /// The statement that records that all tenants were reported.
    static let completeList = BoundStatement(completing)

    private static let completing: PostgresStatement =
        "UPDATE main.tenant_list SET is_complete = true WHERE NOT is_complete"
}
