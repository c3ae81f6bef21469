/// SQL text with `$1`, `$2` … for its parameters, and whether the server may keep it prepared.
///
/// The hash is computed once, when the statement is made: keep statements in `static let`s, so that the lookup in a
/// connection's cache of prepared statements costs next to nothing.
package struct PostgresStatement: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The SQL text: one command, values only as parameters.
    package let sql: String

    /// Whether the server keeps the parsed statement for the life of the connection.
    /// `false` for SQL that is rarely repeated and for utility commands such as `CREATE DATABASE`.
    package let isPrepared: Bool

    /// Whether the text can be handed to libpq, which takes a zero byte for the end.
    let isWellFormed: Bool

    private let precomputedHash: Int

    /// Makes a statement.
    /// - Parameters:
    ///   - sql: One SQL command.
    ///   - prepared: Whether the server keeps it prepared on each connection that used it.
    package init(_ sql: String, prepared: Bool = true) {
        self.sql = sql
        self.isPrepared = prepared
        self.isWellFormed = !sql.utf8.contains(0)
        self.precomputedHash = sql.hashValue
    }

    /// Makes a prepared statement from a literal.
    package init(stringLiteral value: String) {
        self.init(value)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(precomputedHash)
    }

    package static func == (left: PostgresStatement, right: PostgresStatement) -> Bool {
        left.precomputedHash == right.precomputedHash && left.isPrepared == right.isPrepared && left.sql == right.sql
    }
}
