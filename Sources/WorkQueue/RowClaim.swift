package import PostgresClient
package import Primitives

/// A claim on a row of a ``LeasedTable``.
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
}
