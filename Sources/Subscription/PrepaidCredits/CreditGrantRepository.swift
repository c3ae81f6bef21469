import Entities
import PostgresClient
import Primitives

/// SQL of prepaid credits. Functions of the database move them, so that the ledger has every movement.
struct CreditGrantRepository: Sendable {
    let pool: PostgresPool

    /// What a tenant has left in a currency.
    struct Balance: Sendable, Hashable {
        let currency: String
        /// For everything.
        let available: Int64
        /// For the usage of some meters only.
        let restricted: Int64
        /// When the first of it expires.
        let nextExpiry: Timestamp?
    }

    func balances(of tenant: Identifier, in scope: TenantScope) async throws -> [Balance] {
        let result = try await pool.query(
            Self.balancing, [.identifier(tenant)], settings: scope.settings, as: .read)
        return try result.rows.map { row in
            Balance(
                currency: try row.text(0), available: try row.int64(1), restricted: try row.int64(2),
                nextExpiry: try row.timestampIfPresent(3))
        }
    }

    private static let balancing: PostgresStatement = """
        SELECT currency_code::text, coalesce(sum(remaining) FILTER (WHERE meters IS NULL), 0)::bigint,
            coalesce(sum(remaining) FILTER (WHERE meters IS NOT NULL), 0)::bigint, min(expires_on)
        FROM main.credit_grants
        WHERE tenant_id = $1 AND remaining > 0 AND NOT deleted AND (expires_on IS NULL OR expires_on > main.tenant_now($1))
        GROUP BY currency_code ORDER BY currency_code
        """

    /// Something that has happened to a grant.
    struct Use: Sendable, Hashable {
        let id: Identifier
        let kind: String
        /// Added to what is left.
        let amount: Int64
        let invoice: Identifier?
        let creditNote: Identifier?
        let occurredOn: Timestamp
    }

    /// What has happened to a grant, oldest first.
    func uses(of grant: Identifier, after: Identifier?, limit: Int, in scope: TenantScope) async throws -> [Use] {
        let result = try await pool.query(
            Self.listing,
            [.identifier(grant), .optional(after) { .identifier($0) }, .int64(Int64(limit))],
            settings: scope.settings, as: .search)
        return try result.rows.map { row in
            Use(
                id: try row.identifier(0), kind: try row.text(1), amount: try row.int64(2),
                invoice: try row.identifierIfPresent(3), creditNote: try row.identifierIfPresent(4),
                occurredOn: try row.timestamp(5))
        }
    }

    private static let listing: PostgresStatement = """
        SELECT id, kind::text, amount, invoice_id, credit_note_id, occurred_on FROM main.credit_uses
        WHERE grant_id = $1 AND ($2::uuid IS NULL
            OR position > (SELECT position FROM main.credit_uses WHERE id = $2))
        ORDER BY position LIMIT $3
        """

    /// Takes back what is left of a grant.
    static func revoke(_ grant: Identifier) -> BoundStatement { BoundStatement(revoking, [.identifier(grant)]) }

    private static let revoking: PostgresStatement = "SELECT main.revoke_credit($1)"

    /// Ends grants whose time has come.
    /// - Returns: How many, at most `limit`.
    func expire(limit: Int) async throws(PostgresError) -> Int {
        let result = try await pool.query(
            Self.expiring, [.int32(Int32(clamping: limit))], settings: TenantScope.everyTenant, as: .write)
        return try result.first?.int(0) ?? 0
    }

    private static let expiring: PostgresStatement = "SELECT main.expire_credits($1)"
}
