import Entities
import PostgresClient
import Primitives

/// The time that tenants live on: the real one, or that of a test clock. SQL has the same as `main.tenant_now`.
///
/// Whatever decides about a date of a tenant's subscription takes it from a context that was made here.
struct TenantTime: Sendable {
    let pool: PostgresPool
    /// Whether there may be test clocks; without them nothing is read.
    let hasTestClocks: Bool

    /// The same write at the time that the tenant lives on.
    func context(_ context: WriteContext, of tenant: Identifier) async throws(PostgresError) -> WriteContext {
        guard let now = try await clock(of: tenant) else { return context }
        return context.at(now)
    }

    /// What the test clock of a tenant shows; nil if it lives on the real time.
    func clock(of tenant: Identifier) async throws(PostgresError) -> Timestamp? {
        guard hasTestClocks else { return nil }
        let result = try await pool.query(
            Self.reading, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        return try result.first?.timestampIfPresent(0)
    }

    /// What the test clocks of tenants show; tenants on the real time are left out.
    func clocks(of tenants: Set<Identifier>) async throws(PostgresError) -> [Identifier: Timestamp] {
        guard hasTestClocks, !tenants.isEmpty else { return [:] }
        let result = try await pool.query(
            Self.readingAll, [.identifierArray(tenants.sorted())], settings: TenantScope.everyTenant, as: .read)
        var clocks: [Identifier: Timestamp] = [:]
        for row in result.rows { clocks[try row.identifier(0)] = try row.timestamp(1) }
        return clocks
    }

    private static let readingAll: PostgresStatement =
        "SELECT tenant_id, max(instant) FROM main.test_clocks WHERE tenant_id = ANY($1) GROUP BY tenant_id"

    private static let reading: PostgresStatement =
        "SELECT max(instant) FROM main.test_clocks WHERE tenant_id = $1"
}
