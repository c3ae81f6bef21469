import Entities
import PostgresClient
import Primitives

/// SQL of which tenants there are: those that tenant management has reported, and, until it has listed all of them, those that have
/// subscribed to something or have values of features of their own.
struct EntitledTenants: Sendable {
    let pool: PostgresPool

    /// Those of some tenants that do not exist.
    func unknown(among tenants: Set<Identifier>) async throws(PostgresError) -> Set<Identifier> {
        let result = try await pool.query(
            Self.asking, [.identifierArray(tenants.sorted())], settings: TenantScope.everyTenant, as: .read)
        var unknown: Set<Identifier> = []
        for row in result.rows { unknown.insert(try row.identifier(0)) }
        return unknown
    }

    private static let asking: PostgresStatement = """
        SELECT asked.id FROM unnest($1::uuid[]) AS asked (id)
        WHERE NOT EXISTS (SELECT FROM main.known_tenants WHERE tenant_id = asked.id)
            AND NOT EXISTS (SELECT FROM main.subscriptions WHERE subscriber_id = asked.id)
            AND NOT EXISTS (SELECT FROM main.feature_values WHERE strategy_entity_id = asked.id)
        """
}
