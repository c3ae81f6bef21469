/// A statement with the values of its parameters: what a function returns that knows the SQL but not the transaction.
package struct BoundStatement: Sendable {
    /// The SQL.
    package let statement: PostgresStatement
    /// The values of `$1`, `$2` … in order.
    package let values: [PostgresValue]

    /// The text of the SQL.
    package var sql: String { statement.sql }

    /// Binds values to a statement.
    package init(_ statement: PostgresStatement, _ values: [PostgresValue] = []) {
        self.statement = statement
        self.values = values
    }
}
