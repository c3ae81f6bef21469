import Entities
package import JSONCoding
package import PostgresClient
package import Primitives

/// Reads a chain with all that is needed to verify it elsewhere.
package struct AuditExport: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    private static let rowsAtOnce: Int64 = 1000

    /// Calls `body` with each row, as of one moment.
    package func run(_ chain: Identifier, _ body: @Sendable (JSONObject) -> Void) async throws {
        try await pool.withTransaction(
            settings: TenantScope.everyTenant, isolation: .repeatableRead, as: .read
        ) { (transaction: PostgresTransaction) async throws -> Void in
            var last: Int64 = 0
            while true {
                let rows = try await transaction.query(
                    AuditChainStatements.export, [.identifier(chain), .int64(last), .int64(Self.rowsAtOnce)]
                ).rows
                for row in rows {
                    last = try row.int64(0)
                    body(try Self.object(row))
                }
                if rows.count < Int(Self.rowsAtOnce) { return }
            }
        }
    }

    private static func object(_ row: PostgresRow) throws -> JSONObject {
        let contentSalt = try row.textIfPresent(5)
        return [
            "sequence": .integer(Int(try row.int64(0))), "hash": .string(try row.text(1)),
            "item": .string(try row.text(2)), "actor": try text(row, 3), "actorSalt": try text(row, 4),
            "contentSalt": contentSalt.map { .string($0) } ?? .null,
            "content": contentSalt == nil ? .null : try text(row, 6),
        ]
    }

    private static func text(_ row: PostgresRow, _ column: Int) throws -> JSONValue {
        try row.textIfPresent(column).map { .string($0) } ?? .null
    }
}
