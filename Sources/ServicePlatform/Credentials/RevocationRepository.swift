package import Entities
package import PostgresClient
package import Primitives
import ServiceKit

/// SQL of revoked tokens: `main.token_revocations`, which tenant management writes and other services copy.
package struct RevocationRepository: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Rows that one statement reads or removes.
    package static let pageSize = 10_000

    /// A page of all revocations, in the order of their ids.
    package func page(after id: Identifier?) async throws(PostgresError) -> [Revocation] {
        try await read(Self.listing, [.optional(id) { .identifier($0) }])
    }

    /// Those of these revocations that exist.
    package func find(_ ids: [Identifier]) async throws(PostgresError) -> [Revocation] {
        try await read(Self.finding, [.identifierArray(ids)])
    }

    private func read(
        _ statement: PostgresStatement, _ values: [PostgresValue]
    ) async throws(PostgresError) -> [Revocation] {
        let result = try await pool.query(statement, values, settings: TenantScope.everyTenant, as: .read)
        var revocations: [Revocation] = []
        for row in result.rows {
            guard let kind = Revocation.Kind(rawValue: try row.text(1)) else { continue }
            revocations.append(
                Revocation(
                    id: try row.identifier(0), kind: kind, value: try row.text(2),
                    tenant: try row.identifierIfPresent(3), issuedBefore: try row.timestampIfPresent(4),
                    expiresOn: try row.timestampIfPresent(5)))
        }
        return revocations
    }

    private static let columns = "id, kind, value, tenant_id, issued_before, expires_on"

    private static let listing = PostgresStatement(
        """
        SELECT \(columns) FROM main.token_revocations
        WHERE id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY id LIMIT \(pageSize)
        """)

    private static let finding = PostgresStatement(
        "SELECT \(columns) FROM main.token_revocations WHERE id = ANY($1::uuid[])")

    /// Whether a token is revoked.
    package func isRevoked(
        id: String?, users: [String], tenant: Identifier?, issuedAt: Timestamp?
    ) async throws(PostgresError) -> Bool {
        let result = try await pool.query(
            Self.asking,
            [
                .optional(id) { .text($0) }, .textArray(users), .optional(tenant) { .identifier($0) },
                .optional(issuedAt) { .timestamp($0) },
            ], settings: TenantScope.everyTenant, as: .read)
        return try result.first?.bool(0) ?? true
    }

    private static let asking: PostgresStatement = """
        SELECT EXISTS (
            SELECT FROM main.token_revocations
            WHERE value = ANY($2::text[] || $1::text) AND (tenant_id IS NULL OR tenant_id = $3::uuid)
                AND CASE kind
                    WHEN 'token' THEN value = $1::text
                    ELSE value = ANY($2::text[])
                        AND ($4::timestamptz IS NULL OR issued_before IS NULL OR $4::timestamptz < issued_before)
                END)
        """

    /// Removes revocations whose tokens have expired, at most ``pageSize``.
    /// - Returns: Their number.
    package func purge(before instant: Timestamp) async throws(PostgresError) -> Int {
        try await pool.query(Self.purging, [.timestamp(instant)], settings: TenantScope.everyTenant).affectedRows
    }

    private static let purging = PostgresStatement(
        """
        DELETE FROM main.token_revocations WHERE id = ANY(ARRAY(
            SELECT id FROM main.token_revocations WHERE expires_on < $1 ORDER BY expires_on LIMIT \(pageSize)))
        """)
}
