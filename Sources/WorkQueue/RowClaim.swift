package import PostgresClient
package import Primitives

/// A claim on a row of a table of leased work, such as a ``LeasedTable``.
package struct RowClaim: Hashable, Sendable {
    /// The row's key.
    package let row: Identifier
    /// Identifies the claim; rows that were claimed together share it.
    package let claim: Identifier

    /// A claim on a row.
    package init(row: Identifier, claim: Identifier) {
        self.row = row
        self.claim = claim
    }

    /// The values of `$1` and `$2` in statements that end the claim.
    package var values: [PostgresValue] { [.identifier(row), .identifier(claim)] }

    /// Claims as the values of `$1` and `$2` in statements for several rows: `unnest($1::uuid[], $2::uuid[])`.
    package static func arrays(_ claims: [RowClaim]) -> [PostgresValue] {
        [.identifierArray(claims.map(\.row)), .identifierArray(claims.map(\.claim))]
    }

    /// The claims that such a statement has returned: the key in column 0, the claim in column 1.
    package static func all(in result: PostgresResult) throws(PostgresError) -> Set<RowClaim> {
        var claims: Set<RowClaim> = []
        for row in result.rows { claims.insert(RowClaim(row: try row.identifier(0), claim: try row.identifier(1))) }
        return claims
    }
}
