package import PostgresClient
package import Primitives

/// A statement that must commit together with the effect of a request or of an event, or not at all: the mark of an
/// idempotency key, the mark of an event as handled.
package struct CommitMark: Sendable {
    /// SQLSTATE with which a mark fails when another process has acquired the request in the meantime.
    package static let lost: SQLState = "ARC02"

    /// Makes the statement, given the row from which the response can be rebuilt, if there is one.
    let statement: @Sendable (_ resource: Identifier?) -> BoundStatement

    /// Makes a mark.
    package init(_ statement: @escaping @Sendable (_ resource: Identifier?) -> BoundStatement) {
        self.statement = statement
    }
}
