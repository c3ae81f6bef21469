package import PostgresClient
package import Primitives

/// Commands of operators that change no row of an audited table, such as those that another service carries out.
package enum AuditedCommand {
    /// The statement that records a command; it commits with the batch that it is a part of.
    /// - Parameters:
    ///   - entity: The name of what it is about.
    ///   - id: Its id, if it is a UUID.
    ///   - tenant: Whose chain it belongs to; nil for the operator's.
    ///   - action: A word in lower case, such as `retry`.
    ///   - details: A JSON object without secrets; nil for none.
    package static func statement(
        _ action: String, _ entity: String, id: Identifier?, tenant: Identifier?, details: [UInt8]? = nil
    ) -> BoundStatement {
        BoundStatement(
            recording,
            [
                .optional(tenant) { .identifier($0) }, .text(entity), .optional(id) { .identifier($0) }, .text(action),
                .optional(details) { .json($0) },
            ])
    }

    private static let recording: PostgresStatement = "SELECT main.audit_command($1, $2, $3, $4, $5)"
}
