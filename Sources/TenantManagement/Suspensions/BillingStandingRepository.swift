import PostgresClient
import Primitives

/// SQL of what the subscription service reports about tenants that owe.
enum BillingStandingRepository {
    /// The statement that fails (`isGuardViolation`) unless a report is newer than the one that was followed last.
    static func following(_ tenant: Identifier, _ version: Int64) -> BoundStatement {
        BoundStatement(following, [.identifier(tenant), .int64(version)])
    }

    private static let following: PostgresStatement = """
        WITH newer AS (
            INSERT INTO main.billing_standings AS standing (tenant_id, version) VALUES ($1, $2)
            ON CONFLICT (tenant_id) DO UPDATE SET version = excluded.version WHERE standing.version < excluded.version
            RETURNING 1)
        SELECT 1 / count(*) FROM newer
        """

    /// The address of the newest primary contact of a tenant, or of the newest one.
    static func contact(of tenant: Identifier) -> BoundStatement { BoundStatement(contacting, [.identifier(tenant)]) }

    private static let contacting: PostgresStatement = """
        SELECT email FROM main.contacts WHERE tenant_id = $1 AND NOT deleted
        ORDER BY is_primary DESC, created_on DESC LIMIT 1
        """
}
