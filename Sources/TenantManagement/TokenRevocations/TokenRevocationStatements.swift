import Entities
import PostgresClient
import Primitives

/// SQL of revocations beyond the common one.
enum TokenRevocationStatements {
    /// The statements that fail (`isGuardViolation`) when a tenant has more than `limit` revocations. For the transaction of
    /// the insert, after it.
    static func limit(_ limit: Int, of tenant: Identifier) -> [BoundStatement] {
        [
            BoundStatement(locking, [.text("token revocations of \(tenant)")]),
            BoundStatement(counting, [.identifier(tenant), .int64(Int64(limit))]),
        ]
    }

    private static let locking: PostgresStatement = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

    private static let counting: PostgresStatement = """
        SELECT 1 / (count(*) <= $2)::integer FROM main.token_revocations WHERE tenant_id = $1
        """
}
