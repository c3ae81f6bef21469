package import PostgresClient
package import Primitives

/// Erases personal data of a tenant from the log, in the transaction that erases it elsewhere.
package enum AuditErasure {
    /// The statement.
    /// - Parameters:
    ///   - others: Rows of no tenant that are about the same person, such as the lead that became the tenant.
    ///   - entities: The names of those that hold personal data.
    package static func statement(
        of tenant: Identifier, others: [Identifier] = [], entities: [String]
    ) -> BoundStatement {
        BoundStatement(erasing, [.identifier(tenant), .identifierArray(others), .textArray(entities)])
    }

    private static let erasing: PostgresStatement = "SELECT main.erase_audit_content($1, $2, $3)"
}
